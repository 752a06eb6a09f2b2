/** What the page asks of a model between two steps. */
import type { nn } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { mcPredict, type Pool, predict } from '@lockstep/scheduler';
import type { McAnswer, Mistake, Mistakes } from '../run/messages.ts';
import { imageTensor } from './dropout-probe.ts';

const passes = 100;

/** The test images that the model gets wrong, those that it is surest of first. */
export async function mistakesOf(
  model: nn.Module,
  data: Dataset,
  how: { count: number; pool: Pool },
): Promise<Mistakes> {
  if (!('images' in data)) return { total: 0, of: 0, worst: [] };
  const { data: probabilities, shape } = await predict(model, data, { pool: how.pool });
  const classes = shape[1]!;
  const found: Omit<Mistake, 'pixels'>[] = [];
  for (let index = 0; index < data.count; index++) {
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const predicted = row.reduce((best, value, i) => (value > row[best]! ? i : best), 0);
    const label = data.labels[index]!;
    if (predicted !== label) found.push({ index, label, predicted, probability: row[predicted]! });
  }
  found.sort((a, b) => b.probability - a.probability || a.index - b.index);
  const bytes = data.images.length / data.count;
  const worst = found.slice(0, how.count).map((mistake) => ({
    ...mistake,
    pixels: Uint8Array.from(data.images.subarray(mistake.index * bytes, (mistake.index + 1) * bytes)),
  }));
  return { total: found.length, of: data.count, worst };
}

/** Monte-Carlo dropout of one image. */
export async function mcAnswer(
  model: nn.Module,
  data: Dataset,
  how: { pixels: Uint8Array; seed: number; pool: Pool },
): Promise<McAnswer> {
  if (!('images' in data)) throw new RangeError('only a network that was trained on images can look at one');
  const { pixels, seed, pool } = how;
  const expected = data.images.length / data.count;
  if (pixels.length !== expected) throw new RangeError(`pixels: expected ${expected} bytes, got ${pixels.length}`);
  const answer = await mcPredict(model, imageTensor(data, pixels), { samples: passes, seed, pool });
  return {
    passes,
    prediction: answer.prediction.data[0]!,
    mean: [...answer.mean.data],
    std: [...answer.std.data],
    predictiveEntropy: answer.predictiveEntropy.data[0]!,
    mutualInformation: answer.mutualInformation.data[0]!,
  };
}

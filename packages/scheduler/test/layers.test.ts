/** Layers with sums over the whole batch in the training loop: the same weights for any workers and shards, and they learn. */
import { F, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const length = 12;

/** Numbers of tokens in [0, 50): each class has its own, among others that all have. */
const data: FeatureDataset = (() => {
  const labels = Array.from({ length: 22 }, (_, i) => i % 3);
  const features = labels.flatMap((label, i) =>
    Array.from({ length }, (_, j) => (j % 2 ? 40 + ((7 * i + j) % 10) : 13 * label + ((5 * i + j) % 13))),
  );
  return arrayDataset({ features, labels, shape: [length] });
})();

/** Tokens, convolutions over them, every normalisation, a frozen and a tied table. */
class TokenNet extends nn.Module {
  readonly tokens = new nn.Embedding(50, 16, { paddingIdx: 0 });
  readonly fixed = nn.Embedding.fromPretrained(this.tokens.weight);
  readonly conv = new nn.Conv1d(16, 16, 3, { padding: 'same', groups: 2 });
  readonly group = new nn.GroupNorm(4, 16);
  readonly up = new nn.ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 });
  readonly instance = new nn.InstanceNorm1d(8, { affine: true, trackRunningStats: true });
  readonly pool = new nn.AdaptiveAvgPool1d(5);
  readonly norm = new nn.LayerNorm([8, 5]);
  readonly rms = new nn.RMSNorm(40);
  readonly head = new nn.Linear(40, 16);

  override forward(x: Tensor): Tensor {
    const numbers = x.to('i32');
    const rows = this.tokens.forward(numbers).add(this.fixed.forward(numbers)).transpose(1, 2);
    const inner = this.group.forward(this.conv.forward(rows)).relu();
    const image = this.pool.forward(this.instance.forward(this.up.forward(inner)));
    const features = this.head.forward(this.rms.forward(this.norm.forward(image).flatten(1)));
    return F.linear(features, this.tokens.weight.slice([{ start: 1, end: 4 }]));
  }
}

async function run(options: Partial<TrainOptions> = {}) {
  manualSeed(5);
  const model = new TokenNet();
  const losses: number[] = [];
  const onEvent = (event: TrainEvent) => event.type === 'epoch' && losses.push(event.trainLoss);
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  await train({ epochs: 2, ...options, model, optimizer, data, batchSize: 8, seed: 7, onEvent });
  return { model, losses, hash: await weightsHash(model) };
}

describe('a network of tokens', () => {
  const pool = new NodePool({ workers: 2 });
  afterAll(() => pool.close());

  test('has the same weights and statistics for 1, 3 and 7 shards and for two workers', async () => {
    const first = await run({ shards: 1 });
    for (const options of [{ shards: 3 }, { shards: 7 }, { shards: 7, pool }])
      expect((await run(options)).hash).toBe(first.hash);
  });

  test('learns, but for its frozen table', async () => {
    manualSeed(5);
    const before = [...new TokenNet().fixed.weight.data];
    const { losses, model } = await run({ epochs: 40 });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 4);
    expect([...model.fixed.weight.data]).toEqual(before);
    expect([...model.tokens.weight.data]).not.toEqual(before);
  });
});

/** Advice in real runs: a network that learns random labels by heart overfits, one that drops nearly everything underfits. */
import { type DropoutSchedule, manualSeed, nn, philox, SGD } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { describe, expect, test } from 'vitest';
import { Adviser } from '../src/train/adviser.ts';
import type { AdviceEvent, TrainEvent } from '../src/train/events.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { classes, points } from './tiny-problem.ts';

const features = 16;

/** Random points with random labels: nothing to learn but by heart. */
function nonsense(count: number, seed: number) {
  const number = (i: number, j: number) => philox([i, j, 0, 0], [seed, 1])[0]! / 2 ** 32;
  const rows = Array.from({ length: count }, (_, i) => i);
  return arrayDataset({
    features: rows.flatMap((i) => Array.from({ length: features }, (_, j) => 2 * number(i, j) - 1)),
    labels: rows.map((i) => Math.floor(classes * number(i, features))),
    shape: [features],
  });
}

interface RunOptions {
  readonly dropout: number;
  readonly data: FeatureDataset;
  readonly test: FeatureDataset;
  readonly lr?: number;
  readonly advice?: boolean;
}

async function run({ dropout, lr = 0.1, ...rest }: RunOptions) {
  manualSeed(3);
  const model = new MLP(rest.data.shape, classes, { hidden: [256], dropout });
  const events: TrainEvent[] = [];
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9 });
  const onEvent = (event: TrainEvent) => events.push(event);
  await train({ model, optimizer, epochs: 40, batchSize: 20, seed: 3, onEvent, ...rest });
  return { events, advice: events.filter((event) => event.type === 'advice'), hash: await weightsHash(model) };
}

const byHeart = { dropout: 0, data: nonsense(60, 1), test: nonsense(60, 2) };

describe('a run', () => {
  test('that learns by heart: advice after the evaluation, once, with losses that the events have', async () => {
    const { events, advice } = await run(byHeart);
    expect(advice).toHaveLength(1);
    const [{ condition, epoch, message, suggestion }] = advice as [AdviceEvent];
    expect(condition).toBe('overfitting');
    const at = events.findIndex(({ type }) => type === 'advice');
    expect(events[at - 1]).toMatchObject({ type: 'evaluation', epoch });
    const best = Number(/since epoch (\d+)/.exec(message)![1]);
    const testLosses = events.flatMap((event) => (event.type === 'evaluation' ? [event.testLoss] : []));
    expect(testLosses.slice(0, epoch).indexOf(Math.min(...testLosses.slice(0, epoch)))).toBe(best - 1);
    expect(message).toContain(`to ${testLosses[epoch - 1]!.toPrecision(3)}`);
    expect(suggestion).toContain('weight decay');
  });

  test('that drops nearly everything: underfitting', async () => {
    const { advice } = await run({ dropout: 0.95, lr: 0.02, data: points(60), test: points(60) });
    expect(advice.map(({ condition }) => condition)).toEqual(['underfitting']);
    expect(advice[0]!.suggestion).toContain(
      'consider a lower p than 0.95 for dropout, after layers.0, or an early schedule',
    );
  });

  test('gives the same bits and no advice when advice is off', async () => {
    const [on, off] = [await run(byHeart), await run({ ...byHeart, advice: false })];
    expect(on.advice).toHaveLength(1);
    expect(off.advice).toEqual([]);
    expect(off.hash).toBe(on.hash);
  });
});

describe('what it suggests', () => {
  const suggestionFor = (model: nn.Module, dropoutSchedule?: DropoutSchedule, inputShape = [200]) => {
    const adviser = new Adviser({ model, inputShape, dropoutSchedule });
    const found = Array.from({ length: 12 }, (_, i) =>
      adviser.afterEpoch({ epoch: i + 1, step: i + 1, trainLoss: 0.8 ** i, testLoss: 1 + i / 10 }),
    ).flat();
    return found.map(({ suggestion }) => suggestion);
  };
  const withDropout = (p: number) =>
    new nn.Sequential(
      new nn.Dropout(0.2),
      new nn.Linear(200, 100),
      new nn.ReLU(),
      new nn.Dropout(p),
      new nn.Linear(100, 3),
    );

  test('dropout in front of the largest layer where there is none', () => {
    const model = new nn.Sequential(
      new nn.Linear(200, 100),
      new nn.ReLU(),
      new nn.Linear(100, 100),
      new nn.Linear(100, 3),
    );
    expect(suggestionFor(model)).toEqual([
      expect.stringMatching(
        /^consider Dropout with p = 0\.5, less \(from 0\.2\) where it underfits, before 2, after the relu of 0; networks with /,
      ),
    ]);
  });

  test('more of what there is in hidden layers, not at the input; other means where it is enough', () => {
    expect(suggestionFor(withDropout(0.25))).toEqual([
      expect.stringMatching(
        /^consider raising p = 0\.25 of 3, after 1 towards 0\.5; networks with dropout .* 10 to 100 times/,
      ),
    ]);
    expect(suggestionFor(withDropout(0.5))).toEqual([expect.stringMatching(/^p is 0\.5 or more already: .* epoch 1$/)]);
  });

  test('nothing while a schedule takes dropout away', () => {
    expect(suggestionFor(withDropout(0.25), { kind: 'early', steps: 3 })).toEqual([]);
    expect(suggestionFor(withDropout(0.25), { kind: 'late', steps: 3 })).toHaveLength(1);
  });

  test('in general terms for a model that takes one batch size only', () => {
    class Fixed extends nn.Module {
      readonly fc = new nn.Linear(200, 3);
      override forward(x: Parameters<nn.Linear['forward']>[0]) {
        return this.fc.forward(x.reshape([64, 200]));
      }
    }
    expect(suggestionFor(new Fixed())).toEqual([expect.stringMatching(/^consider weight decay/)]);
  });
});

/** The monitor on synthetic curves: those it must name, with their numbers, and those it must not. */
import { philox } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { type EpochFigures, type Finding, OverfittingMonitor } from '../src/train/overfitting-monitor.ts';

type Curve = (epoch: number) => Omit<EpochFigures, 'epoch'>;

/** Everything found in `epochs` epochs, with the epoch it was found in. */
function watch(curve: Curve, epochs: number): (Finding & { at: number })[] {
  const monitor = new OverfittingMonitor();
  return Array.from({ length: epochs }, (_, i) => i + 1).flatMap((epoch) =>
    monitor.add({ epoch, ...curve(epoch) }).map((finding) => ({ ...finding, at: epoch })),
  );
}

/** A normal number of this run and epoch (Box–Muller). */
function noise(run: number, epoch: number): number {
  const [a, b] = philox([run, epoch, 0, 0], [7, 7]);
  return Math.sqrt(-2 * Math.log((a! + 0.5) / 2 ** 32)) * Math.cos((2 * Math.PI * b!) / 2 ** 32);
}

describe('overfitting', () => {
  const turns: Curve = (epoch) => ({
    trainLoss: 0.5 * 0.8 ** epoch,
    testLoss: 0.4 + 0.02 * Math.abs(epoch - 4),
    p: 0,
  });

  test('is found once, six worse epochs after the best, with the numbers', () => {
    const found = watch(turns, 30);
    expect(found).toEqual([
      {
        condition: 'overfitting',
        since: 4,
        at: 10,
        message:
          'overfitting since epoch 4: train loss fell from 0.205 to 0.0537 while the test loss rose from 0.400 (best, epoch 4) to 0.520',
      },
    ]);
  });

  test('says so when accuracy rises all the same', () => {
    const [found] = watch((epoch) => ({ ...turns(epoch), testAccuracy: 0.9 + epoch / 1000 }), 10);
    expect(found!.message).toMatch(/to 0\.520 \(test accuracy still rose, from 90\.4 % to 91\.0 %\)$/);
    const [other] = watch((epoch) => ({ ...turns(epoch), testAccuracy: 0.9 - epoch / 1000 }), 10);
    expect(other!.message).not.toContain('accuracy');
  });

  test('is found through noise of two epochs of the trend, in every one of 100 runs', () => {
    for (let run = 0; run < 100; run++) {
      const curve: Curve = (epoch) => ({ ...turns(epoch), testLoss: turns(epoch).testLoss + 0.04 * noise(run, epoch) });
      expect(watch(curve, 40).map(({ condition }) => condition)).toEqual(['overfitting']);
    }
  });

  test.each<[string, Curve]>([
    ['both losses fall', (epoch) => ({ trainLoss: 0.8 ** epoch, testLoss: 0.2 + 0.9 ** epoch, p: 0 })],
    [
      'one bad epoch',
      (epoch) => ({ trainLoss: 0.8 ** epoch, testLoss: 0.2 + 0.9 ** epoch + (epoch === 9 ? 5 : 0), p: 0 }),
    ],
    ['the test loss stands still', (epoch) => ({ trainLoss: 0.8 ** epoch, testLoss: 0.5, p: 0 })],
    ['a rise of less than 2 %', (epoch) => ({ trainLoss: 0.8 ** epoch, testLoss: 0.5 + epoch / 10_000, p: 0 })],
    ['both rise: the run diverges', (epoch) => ({ trainLoss: epoch, testLoss: epoch, p: 0 })],
    ['a training loss that does not fall', (epoch) => ({ trainLoss: 1, testLoss: epoch, p: 0 })],
    [
      'the test loss stays below the training loss',
      (epoch) => ({ ...turns(epoch), trainLoss: 2 + 0.8 ** epoch, p: 0.5 }),
    ],
    ['p falls by a schedule', (epoch) => ({ ...turns(epoch), p: 0.5 * (1 - epoch / 30) })],
    ['losses that are no numbers', (epoch) => ({ ...turns(epoch), trainLoss: Number.NaN })],
  ])('not where %s', (_, curve) => {
    expect(watch(curve, 30)).toEqual([]);
  });

  test('not before six epochs after the best', () => {
    expect(watch(turns, 9)).toEqual([]);
  });

  test('in noise without a trend it is found in no more than 2 of 100 runs of 30 epochs', () => {
    let found = 0;
    for (let run = 0; run < 1000; run++) {
      const curve: Curve = (epoch) => ({ trainLoss: 0.9 ** epoch, testLoss: 1 + 0.05 * noise(run, epoch), p: 0 });
      found += watch(curve, 30).length;
    }
    expect(found).toBeLessThanOrEqual(20);
  });
});

describe('underfitting', () => {
  /** Falls towards 1.5 with dropout on, 1.2 with dropout off. */
  const stalls: Curve = (epoch) => ({ trainLoss: 1.5 + 0.5 ** epoch, testLoss: 1.2 + 0.5 ** epoch, p: 0.7 });

  test('is found once, with the numbers', () => {
    expect(watch(stalls, 40)).toEqual([
      {
        condition: 'underfitting',
        // Means of epochs 6 to 8 and 9 to 11: 1.5091 and 1.5011, 0.53 % less; 1.2091 and 1.2011, 0.66 % less. One epoch before, 1.3 %.
        since: 6,
        at: 11,
        message:
          "underfitting: train loss with dropout on has stalled at 1.50 since epoch 6 (0.5 % less in 3 epochs, 75.1 % of the first epoch's), above the test loss with dropout off, 1.20",
      },
    ]);
  });

  test.each<[string, Curve]>([
    ['p is low', (epoch) => ({ ...stalls(epoch), p: 0.2 })],
    ['there is no dropout', (epoch) => ({ ...stalls(epoch), p: 0 })],
    ['losses still fall', (epoch) => ({ trainLoss: 2 * 0.98 ** epoch, testLoss: 1.5 * 0.98 ** epoch, p: 0.7 })],
    ['the test loss still falls', (epoch) => ({ ...stalls(epoch), testLoss: 1.2 * 0.98 ** epoch })],
    ['the test loss rises', (epoch) => ({ ...stalls(epoch), testLoss: 0.5 + 0.02 * epoch })],
    ['the training loss has become small', (epoch) => ({ trainLoss: 0.1 + 0.5 ** epoch, testLoss: 0.05, p: 0.7 })],
    ['the training loss is below the test loss', (epoch) => ({ ...stalls(epoch), testLoss: 1.6 })],
    ['p changes by a schedule', (epoch) => ({ ...stalls(epoch), p: 0.3 + epoch / 100 })],
  ])('not where %s', (_, curve) => {
    expect(watch(curve, 40)).toEqual([]);
  });
});

test('a run of many epochs keeps the first, the best and the last ones, and finds what lies there', () => {
  const monitor = new OverfittingMonitor();
  const turn = 300;
  const found = Array.from({ length: 1000 }, (_, i) => i + 1).flatMap((epoch) =>
    monitor.add({ epoch, trainLoss: 0.5 * 0.999 ** epoch, testLoss: 0.6 + 0.0004 * Math.abs(epoch - turn), p: 0 }),
  );
  expect(found.map(({ condition, since }) => [condition, since])).toEqual([['overfitting', turn]]);
  const { epochs } = monitor.state;
  expect(epochs.length).toBe(202);
  expect(epochs.slice(0, 3).map(({ epoch }) => epoch)).toEqual([1, turn, 801]);
});

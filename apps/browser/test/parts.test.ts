/** Parts of the page that need no browser. */
import { describe, expect, test } from 'vitest';
import { chartColumns } from '../src/page/chart-columns.ts';
import { parseCsvHeader } from '../src/page/csv-header.ts';
import { digitImage } from '../src/page/digit.ts';
import { nodeCommand } from '../src/page/node-command.ts';
import type { RunHistory } from '../src/run/messages.ts';
import type { RunSettings } from '../src/run/settings.ts';

describe('the line of column names', () => {
  test.each([
    ['a,b\n1,2', ['a', 'b']],
    ['\uFEFF a ,"b, c","d ""e"""\r\n1', ['a', 'b, c', 'd "e"']],
    ['', []],
    ['alone', ['alone']],
  ])('%j', (text, columns) => expect(parseCsvHeader(text)).toEqual(columns));
});

describe('a drawn digit', () => {
  /** White where `inside` says so, 280 × 280. */
  const drawing = (inside: (x: number, y: number) => boolean) =>
    Uint8Array.from({ length: 280 * 280 }, (_, i) => (inside(i % 280, Math.floor(i / 280)) ? 255 : 0));

  test('is nothing while nothing is drawn', () => {
    expect(
      digitImage(
        drawing(() => false),
        280,
      ),
    ).toBeUndefined();
  });

  test('fits into 20 × 20 and has its centre of mass in the middle, wherever and however large it was drawn', () => {
    const places = [
      (x: number, y: number) => x < 40 && y < 100,
      (x: number, y: number) => x >= 200 && x < 220 && y >= 30 && y < 80,
    ];
    const images = places.map((inside) => digitImage(drawing(inside), 280)!);
    // A bar of 2 : 5 → 8 × 20 pixels, 10…17 × 4…23.
    for (const image of images) {
      const lit = [...image.keys()].filter((i) => image[i]! > 0);
      expect(Math.min(...lit.map((i) => i % 28))).toBe(10);
      expect(Math.max(...lit.map((i) => i % 28))).toBe(17);
      expect(Math.min(...lit.map((i) => Math.floor(i / 28)))).toBe(4);
      expect(Math.max(...lit.map((i) => Math.floor(i / 28)))).toBe(23);
    }
    expect(images[0]).toEqual(images[1]);
  });
});

describe('the command for Node', () => {
  const settings: RunSettings = {
    data: { kind: 'served', name: 'fashion-mnist', folder: 'https://example.org/data/' },
    ...{ model: 'seed-net', dropout: 0.3, compare: true, optimizer: 'adamw', lr: 0.001, momentum: 0.9 },
    ...{ epochs: 3, batchSize: 64, seed: 5, workers: 8, shards: 4, keep: true, profile: true },
  };

  test('says all that decides a bit, and nothing else', () => {
    expect(nodeCommand(settings).command).toBe(
      'lockstep train seed-net --data fashion-mnist --epochs 3 --batch-size 64 --optimizer adamw --lr 0.001 --dropout 0.3 --seed 5',
    );
  });

  test('quotes what a shell would take apart', () => {
    const data = { kind: 'csv', name: "my table's.csv", file: new Blob(), label: 'the class' } as const;
    const { command, pathIsGuessed } = nodeCommand({ ...settings, data, model: 'mlp' });
    expect(command).toContain("--data 'my table'\\''s.csv' --label 'the class'");
    expect(pathIsGuessed).toBe(true);
  });
});

describe('the columns of a chart', () => {
  const history = (steps: number): RunHistory => ({
    steps: Array.from({ length: steps }, (_, i) => ({ step: i + 1, loss: i, accuracy: 0.5 })),
    evaluations: [{ epoch: 1, step: 333, loss: 7, accuracy: 0.25 }],
  });
  const nothing: RunHistory = { steps: [], evaluations: [] };

  test('stay few, keep every evaluation, and hold the mean of what is between', () => {
    const [steps, train, test, plainTrain, plainTest] = chartColumns({ main: history(10_000), plain: nothing }, 'loss');
    expect(steps.length).toBeLessThanOrEqual(1502);
    expect(test[steps.indexOf(333)]).toBe(7);
    expect(test.filter((value) => value !== null)).toHaveLength(1);
    // A running mean with weight 0.05 lags a ramp by 19 steps.
    expect(train.at(-1)).toBeCloseTo(steps.at(-1)! - 1 - 19, 5);
    for (const column of [plainTrain, plainTest]) expect(column.every((value) => value === null)).toBe(true);
  });

  test('of a constant are that constant from the first step on', () => {
    const [, accuracy] = chartColumns({ main: { ...history(50), evaluations: [] }, plain: nothing }, 'accuracy');
    for (const value of accuracy) expect(value).toBeCloseTo(0.5, 12);
  });
});

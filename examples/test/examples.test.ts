/** Every example runs on a few samples and prints what it is about. Those whose data set has to be fetched run where it is there. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randn } from '@lockstep/core';
import { listDatasets } from '@lockstep/data/node';
import { expect, test } from 'vitest';
import Net from '../model.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
/** Tested below, or of no use by themselves. */
const others = ['flags.ts', 'model.ts', 'vitest.config.ts'];

/** What an example prints; it must end well and warn of nothing. */
function run(name: string, args: string): string {
  const command = ['--conditions=@lockstep/source', `${folder}${name}.ts`, ...args.split(' ').filter(Boolean)];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const numberAfter = (text: string, words: string): number =>
  Number(new RegExp(`${words} (\\d+\\.\\d+)`).exec(text)?.[1]);

/** The share of a test set, in percent. */
const accuracy = expect.stringMatching(/test accuracy (?:100|\d?\d)\.\d\d %/);

interface Trial {
  readonly args: string;
  /** A data set that has to be fetched. */
  readonly data?: 'cifar10' | 'fashion-mnist';
  check(printed: string): void;
}

const trials: Readonly<Record<string, Trial>> = {
  dropout: {
    args: '',
    check: (printed) => {
      expect(printed).toContain('evaluation: tensor([0.2000, 0.5000, 0.8000, 1.0000])');
      const dropped = Number(/were dropped \((\d+\.\d) %\)/.exec(printed)?.[1]);
      // Of 8192 elements: 50 ± 0.55 % is one standard deviation.
      expect(Math.abs(dropped - 50)).toBeLessThan(3);
    },
  },
  'train-mnist': {
    args: '--limit 1000 --epochs 2',
    check: (printed) => {
      expect(numberAfter(printed, 'epoch 2: test accuracy')).toBeGreaterThan(0.6);
      expect(printed).toMatch(/weightsHash [0-9a-f]{64}\n$/);
    },
  },
  'gpt-text': {
    args: '--limit 64 --epochs 2',
    check: (printed) => {
      expect(numberAfter(printed, 'epoch 2: loss')).toBeLessThan(numberAfter(printed, 'epoch 1: loss'));
      expect(printed.split('letters a second\n\n')[1]).toHaveLength(221);
    },
  },
  'lstm-text': {
    args: '--limit 64 --epochs 2',
    check: (printed) => {
      expect(numberAfter(printed, 'epoch 2: loss')).toBeLessThan(numberAfter(printed, 'epoch 1: loss'));
      expect(printed.split('letters a second\n\n')[1]).toHaveLength(221);
    },
  },
  'mc-dropout': {
    args: '--limit 1000 --epochs 2',
    data: 'fashion-mnist',
    check: (printed) => {
      const areas = printed
        .split('\n')
        .slice(1, -1)
        .map((row) => Number(row.split(' ').at(-1)));
      expect(areas).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
      // The mutual information needs more training than this.
      for (const area of areas.slice(0, 2)) expect(area).toBeGreaterThan(0.6);
    },
  },
  'cifar-seed-net': {
    args: '--limit 200 --epochs 1',
    data: 'cifar10',
    check: (printed) => {
      expect(printed).toEqual(accuracy);
      expect(printed.split('right of each class:\n')[1]!.match(/^[a-z]+ +\d+\.\d %$/gm)).toHaveLength(10);
    },
  },
  'cifar-resnet18': {
    args: '--limit 32 --epochs 1',
    data: 'cifar10',
    check: (printed) => {
      expect(printed).toEqual(accuracy);
      expect(printed).toMatch(/\d+ images a second, \d+ s an epoch\n$/);
    },
  },
  'tabular-selu': {
    args: '--epochs 15',
    check: (printed) => {
      expect(numberAfter(printed, 'accuracy')).toBeGreaterThan(95);
      expect(printed.match(/^(?:Adelie|Chinstrap|Gentoo) +\d+ +\d+ +\d+$/gm)).toHaveLength(3);
    },
  },
  autoencoder: {
    args: '--limit 500 --epochs 2',
    check: (printed) => {
      const [before, after] = ['before training:', 'after training: '].map((words) => numberAfter(printed, words));
      expect(after).toBeLessThan(0.9 * before!);
      expect(printed.match(/ → /g)).toHaveLength(28);
      expect(printed).toContain('█');
    },
  },
  siamese: {
    args: '--limit 1000 --epochs 4',
    check: (printed) => {
      const [before, after] = printed
        .trim()
        .split('\n')
        .map((line) => numberAfter(line, 'AUROC'));
      expect(after).toBeGreaterThan(before! + 0.1);
    },
  },
};

test('every example is tried', () => {
  const examples = readdirSync(folder).filter((file) => file.endsWith('.ts') && !others.includes(file));
  expect(examples.map((file) => file.replace('.ts', '')).sort()).toEqual(Object.keys(trials).sort());
});

const ready = listDatasets().flatMap(({ facts, state }) => (state === 'ready' ? [facts.name] : []));
for (const [name, { args, data, check }] of Object.entries(trials))
  test.skipIf(data && !ready.includes(data))(`${name} ${args}`, () => check(run(name, args)));

test('the model file makes a model of the sample’s shape and the classes', () => {
  expect(new Net([1, 28, 28], 10).forward(randn([2, 1, 28, 28])).shape).toEqual([2, 10]);
});

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockstep, start, temporaryFolder } from './lockstep.ts';

test.each([
  ['trian', "unknown command 'trian' (Did you mean train?)"],
  ['train --epohcs 3', "unknown option '--epohcs' (Did you mean --epochs?)"],
  ['train --lr', "option '--lr <x>' argument missing"],
  [
    'train seednet',
    'model: expected seed-net, mlp or the path of a .ts, .mts, .js or .mjs file, got "seednet". Did you mean seed-net?',
  ],
  [
    'train ./none.ts',
    'model: expected seed-net, mlp or the path of a .ts, .mts, .js or .mjs file, got ./none.ts, which is not there. Check the path.',
  ],
  [
    'train --data mnst',
    '--data: expected mnist, fashion-mnist, cifar10 or the path of a folder, got "mnst". Did you mean mnist?',
  ],
  [
    'train --optimizer sgdd',
    '--optimizer: expected sgd, adam, adamw, nadam, radam, adamax, rmsprop, adagrad, adadelta, lion, muon, got "sgdd". Did you mean sgd?',
  ],
  ['train --dropout 1.2', '--dropout: expected a probability from 0 to 1, got 1.2. For example: --dropout 0.25.'],
  [
    'train --on-non-finite ignore',
    '--on-non-finite: expected stop, skip, rollback, got "ignore". Use --on-non-finite stop.',
  ],
  [
    'train --dropout-schedule early',
    '--dropout-schedule: expected early, late, linear, curriculum with a number of steps, or constant, got early. For example: --dropout-schedule early:1000.',
  ],
  ['train --max-norm 0', '--max-norm: expected a number above 0, got 0. For example: --max-norm 3.'],
  ['train --batch-size 0', '--batch-size: expected a whole number from 1, got 0. For example: --batch-size 1.'],
  ['train --accumulate 0', '--accumulate: expected a whole number from 1, got 0. For example: --accumulate 1.'],
  [
    'train --limit 64 --eval-limit 10 --batch-size 100 --accumulate 65',
    '--accumulate: expected at most the 64 samples of a batch, got 65. Use fewer micro-batches.',
  ],
  ['train --epochs 1.5', '--epochs: expected a whole number from 1, got 1.5. For example: --epochs 1.'],
  ['train --workers 0', '--workers: expected a whole number from 1 to 1024, got 0. For example: --workers 1.'],
  ['evaluate run --mc 0', '--mc: expected a whole number from 1 to 65536, got 0. For example: --mc 1.'],
  ['evaluate run --mc-seed 3', '--mc-seed: expected --mc, got nothing. Say how many passes, for example --mc 50.'],
  ['train --lr NaN', '--lr: expected a number above 0, got NaN. For example: --lr 0.02.'],
  [
    'train --optimizer adam --momentum 0.5',
    '--momentum: expected --optimizer sgd or rmsprop, got adam. Leave it out: adam keeps running means of its own.',
  ],
  [
    'train --lr-schedule cosin',
    '--lr-schedule: expected step, multi-step, exponential, cosine, cosine-warm-restarts, one-cycle, linear, polynomial, constant, got cosin. For example: --lr-schedule cosine.',
  ],
  [
    'train --lr-schedule step:0',
    '--lr-schedule: expected step:size[:gamma], with /epoch to count epochs, got step:0. For example: --lr-schedule step:2:0.5/epoch.',
  ],
  [
    'train --lr-schedule cosine:5/day',
    '--lr-schedule: expected cosine[:n[:least]], with /epoch to count epochs, got cosine:5/day. For example: --lr-schedule step:2:0.5/epoch.',
  ],
  [
    'train --limit 64 --eval-limit 10 --epochs 2 --batch-size 32 --warmup 4',
    '--warmup: expected fewer than the 4 steps of the run, got 4. Shorten it or train for more epochs.',
  ],
  [
    'train --augment crop,flp',
    '--augment: expected crop[:padding], flip[:p], verticalFlip[:p], rotation:degrees, colorJitter:brightness[:contrast[:saturation]], erasing[:p], cutout:size, mixup[:alpha], cutmix[:alpha], got "flp". Did you mean flip?',
  ],
  ['train --augment randmCrop', expect.stringContaining('got "randmCrop". Did you mean randomCrop?')],
  ['train --augment crop,,flip', expect.stringContaining('got nothing. For example: --augment crop:4,flip,cutout:8.')],
  [
    'train --augment cutout',
    '--augment: expected cutout:size, got cutout. For example: --augment crop:4,flip,cutout:8.',
  ],
  [
    'train --augment flip:1.5',
    '--augment: expected flip[:p], got flip:1.5. The library says: randomHorizontalFlip: p must be a number from 0 to 1, got 1.5.',
  ],
  [
    'train --metrics f2',
    '--metrics: expected top2, top3, …, confusionMatrix, precision, recall, f1, auroc, got "f2". Did you mean f1?',
  ],
  [
    'train --metrics f1,top11 --limit 64',
    '--metrics: expected at most top10, the number of classes, got top11. Name fewer ranks.',
  ],
  ['train --clip-norm 0', '--clip-norm: expected a number above 0, got 0. For example: --clip-norm 1.'],
  [
    'inspect mlp --input 3xx2',
    '--input: expected whole numbers from 1 joined by x, got 3xx2. For example: --input 3x32x32.',
  ],
  ['data add cifr10', 'NAME: expected mnist, fashion-mnist, cifar10, got "cifr10". Did you mean cifar10?'],
])('lockstep %s is one line and exit code 2', async (command, line) => {
  const { code, stdout, stderr } = await lockstep(...command.split(' '));
  expect({ code, stdout, lines: stderr.split('\n') }).toEqual({ code: 2, stdout: '', lines: [expect.any(String), ''] });
  expect(stderr.slice('error: '.length, -1)).toEqual(line);
});

test('images too small for the network name the layer and what came', async () => {
  expect(await lockstep('inspect', 'seed-net', '--input', '1x8x8')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: MaxPool2d(2×2): a window of 2×2 does not fit an input of 1×1 pixels; use larger images, padding, or fewer layers\n',
  });
});

test('a corrupt IDX file is one line, and nothing is written', async () => {
  const cwd = temporaryFolder();
  const data = join(cwd, 'mine');
  mkdirSync(data);
  for (const name of [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]) {
    writeFileSync(join(data, name), 'no data');
  }
  const { code, stdout, stderr } = await start(['train', '--data', './mine'], { cwd }).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: \S+-ubyte: expected an IDX file, which begins 00 00 08, got 6e 6f 20 64\. .*\n$/);
  expect(readdirSync(cwd)).toEqual(['mine']);
});

const outLine = (out: string, got: string): string =>
  `error: --out ${out}: expected a folder that can be written, got ${got}. Choose another folder or correct its permissions.\n`;
const few = ['train', 'mlp', '--limit', '64', '--eval-limit', '10', '--epochs', '1', '--quiet', '--out'];

test('a file in the way of --out, or above it, is one line', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'mine');
  for (const out of [file, join(file, 'run')]) {
    const ended = await lockstep(...few, out);
    expect(ended).toEqual({ code: 1, stdout: '', stderr: outLine(out, 'a file in the way') });
  }
});

test.skipIf(!existsSync('/proc/self'))('a place where nobody can write is one line', async () => {
  const ended = await lockstep(...few, '/proc/lockstep/run');
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: outLine('/proc/lockstep/run', 'a place where no folder can be made'),
  });
});

test('a folder that holds a run is left as it is', async () => {
  const out = join(temporaryFolder(), 'run');
  expect(await lockstep(...few, out)).toMatchObject({ code: 0 });
  const { code, stderr } = await lockstep(...few, out);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error: --out ${out}: expected a folder that can be written, got one that holds a run (run.json). Choose another folder or remove it.\n`,
  );
});

test('a batch that does not fit into the memory is one line that says what takes how much', async () => {
  const out = join(temporaryFolder(), 'run');
  const { code, stderr } = await lockstep('train', '--data', 'mnist', '--batch-size', '60000', '--quiet', '--out', out);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: the run needs 4\.\d+ GiB of memory, and (the shared memory holds at most 4 GiB|[\d.]+ [GM]iB are free): training step of 60000 4\.\d+ GiB, data 52\.6 MiB, .*; use a smaller batch size \(60000 now\), .*\n$/,
  );
  expect(existsSync(out)).toBe(false);
});

test('--debug adds the stack to the line', async () => {
  const { stderr } = await lockstep('train', '--data', '/not/there', '--debug');
  expect(stderr).toMatch(/^error: \/not\/there: expected a folder that can be read, got ENOENT.*\nDataError: /);
});

describe('a record of a run that came from elsewhere', () => {
  const record = {
    ...{ format: 1, status: 'completed', startedAt: '2026-11-01T10:00:00.000Z', versions: {} },
    config: {
      ...{ model: 'mlp', data: 'mnist', epochs: 1, batchSize: 8, optimizer: 'sgd', lr: 0.1, weightDecay: 0, seed: 1 },
      ...{ workers: 1, shards: 1 },
    },
    dataset: { shape: [1, 28, 28], classes: ['0', '1'], trainCount: 8, testCount: 8 },
  };
  const inspected = async (text: string): Promise<string> => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'run.json'), text);
    const { code, stderr } = await lockstep('inspect', folder);
    expect(code).toBe(1);
    return stderr.replace(folder, '…');
  };

  test.each([
    [
      'a model beside it, which would be run',
      JSON.stringify({ ...record, config: { ...record.config, model: './model.js' } }),
      'config.model: expected a name or an absolute path, got "./model.js"',
    ],
    [
      'a number of another kind',
      JSON.stringify({ ...record, config: { ...record.config, epochs: 'x' } }),
      'config.epochs: expected number, got "x"',
    ],
    ['nothing in it', 'null', 'format undefined'],
    [
      'a shape that is none',
      JSON.stringify({ ...record, dataset: { ...record.dataset, shape: [-1] } }),
      'dataset.shape.0: expected >=1, got -1',
    ],
    ['what ends Node in JSON.parse', '{"a":1,"b":'.repeat(20_000), 'JSON nested more than 100 deep'],
    ['more than 16 MiB', ' '.repeat(2 ** 24 + 1), 'more than 16777216 bytes'],
  ])('%s: one line', async (_, text, got) => {
    const line = await inspected(text);
    expect(line).toMatch(
      /^error: …\/run\.json: expected the record of a run, got .*\. Give the folder that lockstep train wrote\.\n$/,
    );
    expect(line).toContain(got);
  });
});

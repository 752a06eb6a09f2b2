/** `--augment` and `--metrics`: what they change, where they are shown, and what a resumed run makes of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  colorJitter,
  cutmix,
  cutout,
  mixup,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
} from '@lockstep/core';
import { expect, test } from 'vitest';
import { augmentList } from '../src/augment.ts';
import { lockstep, start, temporaryFolder } from './lockstep.ts';

const small = ['--limit', '100', '--eval-limit', '100', '--epochs', '1', '--batch-size', '50', '--workers', '1'];
const record = (out: string) => JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));

async function run(...more: string[]) {
  const out = join(temporaryFolder(), 'run');
  const { code, stdout, stderr } = await lockstep('train', 'mlp', ...small, '--json', '--out', out, ...more);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return { out, stderr, result: JSON.parse(stdout.trim().split('\n').at(-1)!) };
}

test('--augment stands in the record as the library has it, and changes the weights; the order counts', async () => {
  const plain = await run();
  const short = await run('--augment', 'crop:2,flip,rotation:15');
  expect(record(short.out).config.augment).toEqual([
    { kind: 'randomCrop', padding: [2, 2], paddingMode: 'constant', fill: 0 },
    { kind: 'randomHorizontalFlip', p: 0.5 },
    {
      kind: 'randomAffine',
      degrees: [-15, 15],
      translate: [0, 0],
      scale: [1, 1],
      shear: { x: [0, 0], y: [0, 0] },
      fill: 0,
    },
  ]);
  const full = await run('--augment', 'randomCrop:2,randomHorizontalFlip,randomRotation:15');
  expect(full.result.weightsHash).toBe(short.result.weightsHash);
  const turned = await run('--augment', 'rotation:15,flip,crop:2');
  expect(new Set([plain, short, turned].map(({ result }) => result.weightsHash)).size).toBe(3);
});

test('every form of --augment gives the library’s transform, and they train together', async () => {
  const forms =
    'crop,flip:0.25,verticalFlip:1,rotation:20,colorJitter:0.4:0.2:0,erasing:0.75,cutout:8,mixup,cutmix:0.5';
  const list = [
    randomCrop({ padding: 4 }),
    randomHorizontalFlip({ p: 0.25 }),
    randomVerticalFlip({ p: 1 }),
    randomRotation(20),
    colorJitter({ brightness: 0.4, contrast: 0.2 }),
    randomErasing({ p: 0.75 }),
    cutout({ size: 8 }),
    mixup(),
    cutmix({ alpha: 0.5 }),
  ];
  expect(augmentList('--augment')(forms)).toEqual(list);
  const { out, result } = await run('--augment', forms);
  expect(record(out).config.augment).toEqual(list);
  expect(result.trainLoss).toBeLessThan(5);
});

test('--augment that does not fit the images is one line, and nothing is left', async () => {
  const cwd = temporaryFolder();
  const ended = await start(['train', 'mlp', ...small, '--quiet', '--augment', 'cutout:60'], { cwd }).ended;
  expect(readdirSync(cwd)).toEqual([]);
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: 'error: cutout: size must be at most twice the image, 56, got 60\n',
  });
});

test('a resumed run keeps its augmentation, and is refused another', async () => {
  const { out, result } = await run('--augment', 'crop:2,flip');
  const refused = await lockstep('train', '--resume', out, '--epochs', '2', '--augment', 'flip');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('got --augment [{"kind":"randomHorizontalFlip","p":0.5}] (the run has [{"kind":');
  const whole = await run('--augment', 'crop:2,flip', '--epochs', '2');
  const resumed = await lockstep('train', '--resume', out, '--epochs', '2', '--json', '--metrics', 'top3');
  const { weightsHash, metrics } = JSON.parse(resumed.stdout);
  expect(weightsHash).toBe(whole.result.weightsHash);
  expect(weightsHash).not.toBe(result.weightsHash);
  expect(Object.keys(metrics)).toEqual(['top3']);
  const branch = join(temporaryFolder(), 'branch');
  const to = ['--epochs', '3', '--augment', 'flip', '--force', '--out', branch, '--json'];
  expect((await lockstep('train', '--resume', out, ...to)).code).toBe(0);
  expect(record(branch).config.augment).toEqual([{ kind: 'randomHorizontalFlip', p: 0.5 }]);
});

test('--metrics are on the line of each evaluation, in the JSON and in the record; evaluate gives the same', async () => {
  const { out, stderr, result } = await run('--metrics', 'top3,f1,confusionMatrix,auroc');
  expect(stderr).toMatch(/ {2}test {2}loss \S+ {2}accuracy \S+ % {2}top3 \S+ % {2}f1 0\.\d{4} {2}auroc 0\.\d{4}\n/);
  const { metrics } = result;
  expect(metrics.confusionMatrix.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(100);
  const right = metrics.confusionMatrix.reduce((sum: number, row: number[], c: number) => sum + row[c]!, 0);
  expect(right / 100).toBe(result.testAccuracy);
  expect(metrics.top3).toBeGreaterThanOrEqual(result.testAccuracy);
  expect(metrics.f1.perClass).toHaveLength(10);
  expect(record(out)).toMatchObject({
    config: { metrics: ['top3', 'f1', 'confusionMatrix', 'auroc'] },
    result: { metrics },
  });
  const evaluated = await lockstep('evaluate', out, '--json');
  expect(JSON.parse(evaluated.stdout).metrics).toEqual(metrics);
  const { stdout } = await lockstep('evaluate', out, '--metrics', 'precision,recall,top2,confusionMatrix');
  const [, , ranks, , head, ...rows] = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect([ranks, head]).toEqual([[expect.stringMatching(/^top2 \d+\.\d\d %$/)], ['class', 'precision', 'recall']]);
  const counts: number[][] = metrics.confusionMatrix;
  const recalls = counts.map((row, c) => row[c]! / row.reduce((sum, count) => sum + count, 0));
  expect(rows.slice(0, 10).map((row) => row[2])).toEqual(recalls.map((recall) => recall.toFixed(4)));
  expect(rows[11]).toEqual(['mean', expect.any(String), (recalls.reduce((sum, r) => sum + r, 0) / 10).toFixed(4)]);
  expect(rows.slice(14, 24).map((row) => row.slice(1).map(Number))).toEqual(counts);
});

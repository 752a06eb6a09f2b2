import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockstep, temporaryFolder, train } from './lockstep.ts';

const small = ['--limit', '500', '--batch-size', '64', '--workers', '2'];

describe('train --profile', () => {
  test('writes a trace beside the model, prints both tables and leaves the bits as they are', async () => {
    const out = join(temporaryFolder(), 'run');
    const args = ['train', ...small, '--epochs', '1', '--eval-limit', '100', '--out', out, '--profile', '--json'];
    const { code, stdout, stderr } = await lockstep(...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).weightsHash).toBe((await train(small)).weightsHash);
    const { traceEvents, otherData } = JSON.parse(readFileSync(join(out, 'profile.json'), 'utf8'));
    expect(otherData).toEqual({ steps: 8, droppedSteps: 0 });
    expect(new Set(traceEvents.map(({ cat }: { cat?: string }) => cat))).toEqual(
      new Set([undefined, 'step', 'phase', 'wait', 'kernel']),
    );
    expect(stderr).toMatch(/^kernel +calls +ms +share +GFLOPS$/m);
    expect(stderr).toMatch(/^winogradPool +16 +\d+\.\d{3} +\d+\.\d % +\d+\.\d$/m);
    expect(stderr).toMatch(/^conv2 +[\d.]+ +\d+\.\d{3} +\d+\.\d % +\d+\.\d$/m);
    expect(stderr.match(/^total +\d+ +\d+\.\d{3} +100\.0 %$/gm)).toHaveLength(2);
  });

  test('writes to a file of its own; what is no such file is a usage error before training', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'trace.json');
    await train(['mlp', ...small, '--profile', file]);
    expect(JSON.parse(readFileSync(file, 'utf8')).traceEvents.length).toBeGreaterThan(10);
    for (const wrong of ['mlp', join(folder, 'absent', 'x.json')]) {
      const { code, stderr } = await lockstep('train', '--profile', wrong);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^error: --profile: expected a \.json file that can be written, got .+\n$/);
    }
  });
});

describe('inspect --plan', () => {
  const plan = ['inspect', 'seed-net', '--input', '3x32x32', '--plan'];

  test('says for every operation how it is cut, by which kernels, and why', async () => {
    const { code, stdout } = await lockstep(...plan, '--batch-size', '64');
    expect(code).toBe(0);
    const cells = stdout.split('\n').map((line) => line.split(/ {2,}/));
    const row = (layer: string, op: string) => cells.find((line) => line[1] === layer && line[2] === op)!;
    expect(row('conv1', 'convPool2d').slice(3, 5)).toEqual(['samples', 'convPool']);
    expect(row('conv2', 'convPool2d').slice(3, 7)).toEqual(['samples', 'winogradPool', '8', '8']);
    expect(row('conv2', 'convPool2d').at(-1)).toBe('3×3 on 32 channels, ReLU, pooled: Winograd');
    expect(row('fc1', 'matrixGradient').slice(3, 5)).toEqual(['tiles', 'outerRowsSparse']);
    expect(stdout).toMatch(/^\d+ phases, \d+ tasks, \d+ calls .*, 1\.95 G FLOPs a step/m);
    expect(stdout).toMatch(/^scratch of \d+ workers? +[\d.]+ KiB$/m);
    expect(stdout).toMatch(/^total +[\d.]+ MiB$/m);
  });

  test('takes shards, and prints the plan as JSON', async () => {
    const { stdout } = await lockstep(...plan, '--batch-size', '12', '--shards', '3', '--json');
    const { batchSize, shards, ops } = JSON.parse(stdout);
    expect([batchSize, shards]).toEqual([12, 3]);
    expect(ops.find(({ op }: { op: string }) => op === 'convPool2d')).toMatchObject({ layer: 'conv1', tasks: 3 });
    const { code, stderr } = await lockstep('inspect', 'seed-net', '--shards', '3');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: --shards: expected --plan beside it/);
  });
});

import { expect, test } from 'vitest';
import { lockstep } from './lockstep.ts';

test('the seed network on 3×32×32: every layer, by hand', async () => {
  const { code, stdout } = await lockstep(
    'inspect',
    'seed-net',
    '--input',
    '3x32x32',
    '--classes',
    '10',
    '--batch-size',
    '64',
    '--json',
  );
  expect(code).toBe(0);
  const summary = JSON.parse(stdout);
  const pool = (output: number[]) => ({ name: 'pool', layer: 'MaxPool2d(2×2)', output, parameters: 0, flops: 0 });
  const dropout = { name: 'dropout', layer: 'Dropout(0.25)', output: [512], parameters: 0, flops: 0 };
  expect(summary.layers).toEqual([
    // parameters (I·9 + 1)·O; FLOPs 2·O·OH·OW·I·9
    { name: 'conv1', layer: 'Conv2d(3, 32, kernel 3×3)', output: [32, 30, 30], parameters: 896, flops: 1_555_200 },
    pool([32, 15, 15]),
    { name: 'conv2', layer: 'Conv2d(32, 64, kernel 3×3)', output: [64, 13, 13], parameters: 18_496, flops: 6_230_016 },
    pool([64, 6, 6]),
    { name: 'conv3', layer: 'Conv2d(64, 128, kernel 3×3)', output: [128, 4, 4], parameters: 73_856, flops: 2_359_296 },
    pool([128, 2, 2]),
    dropout,
    // parameters (I + 1)·O; FLOPs 2·I·O
    { name: 'fc1', layer: 'Linear(512, 512)', output: [512], parameters: 262_656, flops: 524_288 },
    dropout,
    { name: 'fc2', layer: 'Linear(512, 10)', output: [10], parameters: 5130, flops: 10_240 },
  ]);
  expect(summary.parameters).toBe(896 + 18_496 + 73_856 + 262_656 + 5130);
  expect(summary.flops.forward).toBe(10_679_040);
  // Forward, weight gradients and input gradients, of which the first layer needs none.
  expect(summary.flops.training).toBe(3 * 10_679_040 - 1_555_200);
  expect(summary.memory).toMatchObject({ batchSize: 64, parameterBytes: 361_034 * 4, optimizerBytes: 361_034 * 4 });
  // More than the pooled activations of the batch, less than every value of forward and backward on its own.
  expect(summary.memory.workspaceBytes).toBeGreaterThan(64 * 4 * (32 * 15 * 15 + 64 * 6 * 6));
  expect(summary.memory.workspaceBytes).toBeLessThan(64 * 4 * 4 * (32 * 30 * 30 + 64 * 13 * 13 + 128 * 16 + 12_000));
});

test('the table has one line a call, with totals', async () => {
  const { stdout } = await lockstep('inspect', 'mlp', '--data', 'cifar10');
  const cells = stdout.split('\n').map((line) => line.replaceAll('\u202f', ' ').split(/ {2,}/));
  expect(cells).toContainEqual(['layers.0', 'Linear(3072, 1024)', '[B, 1024]', '3 146 752', '6 291 456']);
  expect(cells).toContainEqual(['total', '4 206 602', '8 409 088']);
});

/** How much work a step of the seed network is, in numbers: a change of them must be meant. */
import { manualSeed, SGD } from '@lockstep/core';
import { ResNet, SeedNet } from '@lockstep/core/models';
import { expect, test } from 'vitest';
import { planStep } from '../src/train/plan.ts';

function seedNetPlan(batchSize: number) {
  manualSeed(0);
  const model = new SeedNet([3, 32, 32], 10, { dropout: 0.25 });
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  return planStep({ model, optimizer, inputShape: [3, 32, 32], batchSize });
}

test.each([
  { batchSize: 1, phases: 22, tasks: 76, calls: 263, workspaceBytes: 3_291_200, scratchBytes: 76_352 },
  { batchSize: 64, phases: 4, tasks: 61, calls: 424, workspaceBytes: 10_140_736, scratchBytes: 132_800 },
  { batchSize: 256, phases: 4, tasks: 85, calls: 976, workspaceBytes: 30_996_928, scratchBytes: 172_352 },
])('batch $batchSize: phases, tasks, calls and memory of the seed network', ({ batchSize, ...expected }) => {
  const { phases, report, scratchBytes } = seedNetPlan(batchSize);
  expect({ phases: phases.length, ...report, scratchBytes }).toEqual(expected);
});

test('the products of a step count as three times those of the forward pass, but for the gradient to the images', () => {
  const flops = seedNetPlan(64).labels!.ops.reduce((sum, op) => sum + op.flops, 0);
  expect(flops).toBeCloseTo(64 * (3 * 10_679_040 - 1_555_200), 3);
});

test('the weight gradients of a residual network stand beside the shards of later layers, and are claimed before them', () => {
  manualSeed(0);
  const model = new ResNet([3, 32, 32], 10);
  const { ops } = planStep({
    model,
    optimizer: new SGD(model.parameters(), { lr: 0.1 }),
    inputShape: [3, 32, 32],
    batchSize: 64,
  }).labels!;
  const ofConvolutions = ops.filter(({ op }) => op === 'conv2dWeightGradient');
  expect(ofConvolutions).toHaveLength(9);
  const alone = ofConvolutions.filter(({ phase }) => !ops.some((other) => other.phase === phase && other.bySamples));
  // Nothing comes after the gradient of the first layer.
  expect(alone.map(({ layer }) => layer)).toEqual(['conv1']);
  for (const gradient of ofConvolutions)
    for (const other of ops.slice(0, ops.indexOf(gradient)))
      expect(other.phase === gradient.phase && other.bySamples).toBe(false);
});

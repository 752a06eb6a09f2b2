/** Layers over sequences run as images of one row: they keep the layout of images, the packed weights and the fused updates. */
import { gradients, inputTensor, nn, SGD, type Tensor } from '@lockstep/core';
import { expect, test } from 'vitest';
import { assignLayouts } from '../src/compile/assign-layouts.ts';
import { schedule } from '../src/compile/schedule.ts';
import { fullNode } from '../src/ops/source.ts';
import { hyperBlock } from './program.ts';

const batch = 6;
const sequences = () => inputTensor('x', { shape: [batch, 3, 16], dtype: 'f32' });
const conversions = (y: Tensor) =>
  assignLayouts([y.node]).order.filter(({ op }) => op.name.startsWith('toChannels')).length;

test('a chain of them is brought into the layout of images once, and back once', () => {
  const chain = new nn.Sequential(
    new nn.Conv1d(3, 8, 3),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Conv1d(8, 8, 3, { padding: 'same' }),
    new nn.GroupNorm(2, 8),
    new nn.GELU(),
    new nn.ConvTranspose1d(8, 4, 2, { stride: 2 }),
    new nn.MaxPool1d(2),
    new nn.AdaptiveAvgPool1d(5),
  );
  expect(conversions(new nn.Identity().forward(sequences()))).toBe(0);
  expect(conversions(chain.eval().forward(sequences()))).toBe(2);
});

test.each([
  ['Conv1d', new nn.Conv1d(3, 32, 3)],
  ['Conv1d of two groups', new nn.Conv1d(3, 33, 2, { groups: 3 })],
  ['ConvTranspose1d', new nn.ConvTranspose1d(3, 32, 3)],
  ['ConvTranspose2d', new nn.ConvTranspose2d(3, 32, 3)],
])('the update of a %s is part of the tiles of its gradient, and refreshes packed weights that stay', (name, layer) => {
  const images = inputTensor('x', { shape: [batch, 3, 5, 5], dtype: 'f32' });
  const loss = layer
    .forward(name.endsWith('2d') ? images : sequences())
    .square()
    .mean();
  const optimizer = new SGD([layer.weight], { lr: 0.1 });
  const [gradient] = gradients(loss.node, fullNode([], 1), [layer.weight.node]);
  const [update] = optimizer.updateNodes(layer.weight, gradient!, hyperBlock(optimizer.hyper(0)).address);
  const graph = assignLayouts([loss.node, update!]);
  const plan = schedule(graph, { batch, once: false, checks: [] });
  expect([plan.fused.size, plan.repacked.size]).toEqual([1, 0]);
  expect(plan.packsOf.get(layer.weight.node)!.length).toBeGreaterThan(0);
});

test('the gradient of a table is cut into tiles that are updated where they are summed', () => {
  const table = new nn.Embedding(5000, 8);
  const x = inputTensor('x', { shape: [batch, 7], dtype: 'i32' });
  const loss = table.forward(x).square().mean();
  const optimizer = new SGD([table.weight], { lr: 0.1 });
  const [gradient] = gradients(loss.node, fullNode([], 1), [table.weight.node]);
  const tiles = gradient!.op.tiles!(gradient!);
  expect([tiles.length, tiles[0], tiles.at(-1)]).toEqual([
    ...[63, { first: 0, count: 640 }, { first: 62 * 640, count: 40000 - 62 * 640 }],
  ]);
  const [update] = optimizer.updateNodes(table.weight, gradient!, hyperBlock(optimizer.hyper(0)).address);
  expect(schedule(assignLayouts([loss.node, update!]), { batch, once: false, checks: [] }).fused.size).toBe(1);
});

/** The losses of the dropout family at their edges; values and gradients are compared with PyTorch's in dropout-composed-golden.test.ts. */
import { crossEntropy, F, randn, tensor, zeros } from '@lockstep/core';
import { expect, test } from 'vitest';

const target = tensor([0, 2, 1], { dtype: 'i32' });

test('R-Drop of equal logits is the cross-entropy, whatever alpha is, and grows with their distance', () => {
  const [a, b] = [randn([3, 4], { seed: 1 }), randn([3, 4], { seed: 2 })];
  const entropy = crossEntropy(a, target).item();
  for (const alpha of [0, 1, 50]) expect(F.rDropLoss(a, a, target, { alpha }).item()).toBeCloseTo(entropy, 6);
  const losses = [0, 1, 2].map((alpha) => F.rDropLoss(a, b, target, { alpha }).item());
  expect(losses[1]! - losses[0]!).toBeGreaterThan(0.01);
  expect(losses[2]! - losses[1]!).toBeCloseTo(losses[1]! - losses[0]!, 5);
  expect(F.rDropLoss(b, a, target).item()).toBeCloseTo(losses[1]!, 6);
});

test('R-Drop is finite where probabilities underflow, with gradients', () => {
  const a = tensor([[1e4, 0, -1e4]], { requiresGrad: true });
  const b = tensor([[-1e4, 0, 1e4]], { requiresGrad: true });
  const loss = F.rDropLoss(a, b, tensor([1], { dtype: 'i32' }));
  loss.backward();
  // ½·(1e4 + 1e4) + ½·(2e4 + 2e4).
  expect(loss.item()).toBeCloseTo(3e4, 0);
  for (const { grad } of [a, b]) expect(grad!.data.every(Number.isFinite)).toBe(true);
});

test('R-Drop reduces over samples, and refuses logits of different shapes', () => {
  const [a, b] = [randn([3, 4], { seed: 1 }), randn([3, 4], { seed: 2 })];
  const each = F.rDropLoss(a, b, target, { reduction: 'none' });
  expect(each.shape).toEqual([3]);
  expect(F.rDropLoss(a, b, target).item()).toBeCloseTo(each.mean().item(), 6);
  expect(F.rDropLoss(a, b, target, { reduction: 'sum' }).item()).toBeCloseTo(each.sum().item(), 5);
  expect(() => F.rDropLoss(a, zeros([3, 5]), target)).toThrow(/must have one shape, got \[3, 4\] and \[3, 5\]/);
});

test('klDiv is 0 for equal distributions, and a target of 0 contributes nothing', () => {
  const logits = randn([3, 4], { seed: 1 });
  expect(F.klDiv(logits.logSoftmax(), logits.softmax(), { reduction: 'sum' }).item()).toBeCloseTo(0, 5);
  const x = tensor([[0.5, 0.25, 0.25]]).log();
  const sharp = F.klDiv(x, tensor([[1, 0, 0]]), { reduction: 'none' });
  expect(sharp.data[0]).toBeCloseTo(Math.log(2), 6);
  expect([...sharp.data.subarray(1)].map(Math.abs)).toEqual([0, 0]);
});

test('klDiv by batchMean divides by samples, by mean by elements; shapes must agree', () => {
  const [x, y] = [randn([3, 4], { seed: 1 }).logSoftmax(), randn([3, 4], { seed: 2 }).softmax()];
  const sum = F.klDiv(x, y, { reduction: 'sum' }).item();
  expect(F.klDiv(x, y, { reduction: 'batchMean' }).item()).toBeCloseTo(sum / 3, 6);
  expect(F.klDiv(x, y).item()).toBeCloseTo(sum / 12, 6);
  expect(() => F.klDiv(x, zeros([4]))).toThrow('klDiv: input [3, 4] and target [4] must have one shape');
});

/** Every differentiable operation and layer against central differences. */
import { tensor } from '@lockstep/core';
import { expect, test } from 'vitest';
import { proves } from './conformance/proves.ts';
import { gradientCases } from './gradient-cases/index.ts';
import { expectCentralDifferences } from './gradient-cases/proofs.ts';

test.for(gradientCases)('$title has the gradients of central differences', (entry, context) => {
  proves(context, 'gradient', entry.name);
  expectCentralDifferences(entry);
});

test('no gradient flows through detach, argmax and conversions to integers', () => {
  const x = tensor([1, 3, 2], { requiresGrad: true });
  for (const y of [x.detach(), x.argmax(), x.to('i32')]) {
    expect(y.requiresGrad).toBe(false);
    expect(() => y.sum().backward()).toThrow(/does not depend on anything that requires a gradient/);
  }
  x.mul(x.detach()).sum().backward();
  expect([...x.grad!.data]).toEqual([1, 3, 2]);
});

test('ties share the gradient of max evenly, and each gets half in maximum and minimum', () => {
  const x = tensor([2, 1, 2], { requiresGrad: true });
  x.max().backward();
  expect([...x.grad!.data]).toEqual([0.5, 0, 0.5]);
  for (const name of ['maximum', 'minimum'] as const) {
    const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([1, 2], { requiresGrad: true })];
    a[name](b).sum().backward();
    expect([...a.grad!.data, ...b.grad!.data]).toEqual([0.5, 0.5, 0.5, 0.5]);
  }
});

test('gradients add up over uses and over calls of backward, until they are forgotten', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  x.mul(3).add(x.square()).sum().backward();
  expect([...x.grad!.data]).toEqual([5, 7]);
  x.sum().backward();
  expect([...x.grad!.data]).toEqual([6, 8]);
  x.grad = null;
  x.sum().backward();
  expect([...x.grad!.data]).toEqual([1, 1]);
});

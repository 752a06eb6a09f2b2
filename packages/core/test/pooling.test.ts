/** Pooling in ceil mode and at borders, by hand: what the golden cases of PyTorch 1.13 do not cover. */
import { F, nn, tensor } from '@lockstep/core';
import { expect, test } from 'vitest';

const row = (...values: number[]) => tensor([[values]]);

test('ceil mode adds the window that the input ends in', () => {
  const x = row(1, 2, 3, 4, 5);
  expect([...F.maxPool2d(x, { kernelSize: [1, 2] }).data]).toEqual([2, 4]);
  expect([...F.maxPool2d(x, { kernelSize: [1, 2], ceilMode: true }).data]).toEqual([2, 4, 5]);
  expect(new nn.MaxPool2d(2, { ceilMode: true }).forward(tensor([[[1, 2, 3], [4, 5, 6]]])).toArray()).toEqual([[[5, 6]]]); // biome-ignore format: a matrix
});

test('ceil mode leaves out a window that would start beyond the input and its leading padding', () => {
  expect([...F.maxPool2d(row(1, 2, 3), { kernelSize: [1, 1], stride: 3, ceilMode: true }).data]).toEqual([1]);
  const padded = F.maxPool2d(row(1, 2, 3, 4), { kernelSize: [1, 2], stride: [1, 3], padding: [0, 1], ceilMode: true });
  expect([...padded.data]).toEqual([1, 4]);
});

test('a mean in ceil mode counts what lies within the input and its padding', () => {
  const x = row(1, 2, 3, 4, 6);
  expect([...F.avgPool2d(x, { kernelSize: [1, 2], ceilMode: true }).data]).toEqual([1.5, 3.5, 6]);
  const options = { kernelSize: [1, 3], stride: [1, 2], padding: [0, 1] } as const;
  expect([...F.avgPool2d(row(3, 6, 9), options).data]).toEqual([3, 5]);
  expect([...F.avgPool2d(row(3, 6, 9), { ...options, countIncludePad: false }).data]).toEqual([4.5, 7.5]);
});

test('padding never wins a maximum, NaN always does, and the gradient goes to the first of equals', () => {
  const x = tensor([[[-3, -1], [-2, -5]]], { requiresGrad: true }); // biome-ignore format: a matrix
  const y = F.maxPool2d(x, { kernelSize: 2, padding: 1 });
  expect([...y.data]).toEqual([-3, -1, -2, -5]);
  expect(F.maxPool2d(tensor([[[1, Number.NaN]]]), { kernelSize: [1, 2] }).item()).toBeNaN();
  const equal = tensor([[[7, 7, 7, 7]]], { requiresGrad: true });
  F.maxPool2d(equal, { kernelSize: [1, 2] })
    .sum()
    .backward();
  expect([...equal.grad!.data]).toEqual([1, 0, 1, 0]);
});

test('the gradients of windows that overlap add up', () => {
  const x = tensor([[[1, 5, 2]]], { requiresGrad: true });
  F.maxPool2d(x, { kernelSize: [1, 2], stride: 1 }).backward(tensor([[[10, 100]]]));
  expect([...x.grad!.data]).toEqual([0, 110, 0]);
  const mean = tensor([[[1, 5, 2]]], { requiresGrad: true });
  F.avgPool2d(mean, { kernelSize: [1, 2], stride: 1 }).backward(tensor([[[10, 100]]]));
  expect([...mean.grad!.data]).toEqual([5, 55, 50]);
});

/** The order of the sums over a batch is part of the format: chunks of 256 rows, each from +0, added in order. Computed here by hand. */
import { F, tensor } from '@lockstep/core';
import { hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';

const f = Math.fround;

/** Σ of the terms in f32: chunks from +0, chunk sums added in order from +0. */
function chunked(terms: readonly number[], chunk: number): number {
  let total = 0;
  for (let first = 0; first < terms.length; first += chunk) {
    total = f(total + terms.slice(first, first + chunk).reduce((sum, term) => f(sum + term), 0));
  }
  return total;
}

const products = (a: Float32Array, b: Float32Array) => Array.from(a, (value, i) => f(value * b[i]!));

/** One sequence for each of 8 columns. */
const columns = Array.from({ length: 8 }, (_, column) => hashUniform(`sum order/${column}`, 1000));
const dy = hashUniform('sum order/dy', 1000);
const byRows = Float32Array.from({ length: 8000 }, (_, i) => columns[i % 8]![Math.floor(i / 8)]!);
const sums = (chunk: number) => columns.map((column) => chunked(products(column, dy), chunk));

test('the hand-made sums differ by chunk, so that the tests below can tell', () => {
  const chunks = [1, 4, 64, 128, 255, 256, 257, 300, 512, 1000];
  expect(new Set(chunks.map((chunk) => sums(chunk).join())).size).toBe(chunks.length - 1); // 1 and 1000: one by one
  expect(sums(1)).toEqual(sums(1000));
});

test('gradients of a linear layer add 256 rows at a time', () => {
  const weight = tensor([new Array(8).fill(0.5)], { requiresGrad: true });
  const bias = tensor([0], { requiresGrad: true });
  F.linear(tensor(byRows, { shape: [1000, 8] }), weight, { bias }).backward(tensor(dy, { shape: [1000, 1] }));
  expect([...weight.grad!.data]).toEqual(sums(256));
  expect(bias.grad!.item()).toBe(chunked([...dy], 256));
});

test('gradients of a convolution add whole samples, at least 256 pixels at a time', () => {
  const weight = tensor(new Array(8).fill(0.5), { shape: [1, 8, 1, 1], requiresGrad: true });
  // Images of 100 pixels: three of them are a chunk.
  const images = tensor(byRows, { shape: [10, 100, 8] })
    .transpose(1, 2)
    .reshape([10, 8, 10, 10]);
  F.conv2d(images, weight).backward(tensor(dy, { shape: [10, 1, 10, 10] }));
  expect([...weight.grad!.data]).toEqual(sums(300));
});

test('products add in ascending order in f32, and sums and means in f64', () => {
  const [a, b] = [hashUniform('sum order/a', 1000), hashUniform('sum order/b', 1000)];
  const product = tensor(a, { shape: [1, 1000] }).matmul(tensor(b, { shape: [1000, 1] }));
  expect(product.item()).toBe(chunked(products(a, b), 1000));
  const exact = a.reduce((sum: number, value: number) => sum + value, 0);
  expect(tensor(a).sum().item()).toBe(f(exact));
  expect(tensor(a).mean().item()).toBe(f(exact * f(1 / 1000)));
});

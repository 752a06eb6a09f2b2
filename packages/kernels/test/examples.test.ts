/** Literal small examples: what the main kernels mean, in numbers that can be checked by hand. */
import { expect, test } from 'vitest';
import { f32Bits } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32, i32, u8 } = createFixture(4);
const [xAt, wAt, outAt, biasAt, tableAt, zerosAt, tmpAt, packedAt] = [
  4096, 8192, 16384, 32768, 36864, 40960, 45056, 49152,
];

const put = (at: number, values: readonly number[]): void => f32.set(values, at / 4);
const get = (at: number, n: number): number[] => [...f32.subarray(at / 4, at / 4 + n)];

/** Packs a [k, n] matrix. */
function pack(values: readonly number[], k: number, n: number): void {
  put(wAt, values);
  kernels.packPanels(wAt, packedAt, 1, 0, k, 4 * n, n, 4, 64 * k, 64 * k);
}

test('gemmRows multiplies rows by packed columns and adds the bias', () => {
  pack([1, 2, 3, 4, 5, 6], 3, 2); // [[1, 2], [3, 4], [5, 6]]
  put(xAt, [1, 0, 2, -1, 1, 0]);
  put(biasAt, [10, 20]);
  kernels.gemmRows(xAt, 12, packedAt, biasAt, outAt, 8, 2, 3, 2, tmpAt);
  expect(get(outAt, 4)).toEqual([1 + 10 + 10, 2 + 12 + 20, 3 - 1 + 10, 4 - 2 + 20]);
});

test('the bias is added last: 2²⁴ + (1 + 1) differs from (2²⁴ + 1) + 1', () => {
  pack([1, 1], 2, 1);
  put(xAt, [1, 1]);
  put(biasAt, [2 ** 24]);
  kernels.gemmRows(xAt, 8, packedAt, biasAt, outAt, 4, 1, 2, 1, tmpAt);
  expect(get(outAt, 1)).toEqual([2 ** 24 + 2]);
});

test('k is summed in ascending order from +0: 2²⁴ first swallows the ones that follow', () => {
  pack([1, 1, 1], 3, 1);
  put(xAt, [2 ** 24, 1, 1, 1, 1, 2 ** 24]);
  kernels.gemmRows(xAt, 12, packedAt, 0, outAt, 4, 2, 3, 1, tmpAt);
  expect(get(outAt, 2)).toEqual([2 ** 24, 2 ** 24 + 2]);
});

test('rows give the same bits whether they come four at a time or alone', () => {
  const [rows, k, n] = [7, 37, 21];
  pack(
    Array.from({ length: k * n }, (_, i) => Math.sin(i)),
    k,
    n,
  );
  put(
    xAt,
    Array.from({ length: rows * k }, (_, i) => Math.cos(i)),
  );
  kernels.gemmRows(xAt, 4 * k, packedAt, 0, outAt, 4 * n, rows, k, n, tmpAt);
  const together = get(outAt, rows * n);
  for (let r = 0; r < rows; r++) {
    kernels.gemmRows(xAt + 4 * k * r, 4 * k, packedAt, 0, outAt + 4 * n * r, 4 * n, 1, k, n, tmpAt);
  }
  expect(get(outAt, rows * n)).toEqual(together);
});

test('convRows slides over pixels by its table and reads padding as zero', () => {
  pack([1, 10, 100], 3, 1); // a kernel of three pixels, one channel
  put(xAt, [1, 2, 3]);
  put(zerosAt, [0]);
  i32.set([-1, 0, 4, 0, 4, 8, 4, 8, -1], tableAt / 4);
  kernels.convRows(xAt, 12, tableAt, 3, 1, packedAt, 0, outAt, 12, 4, 1, 3, 1, zerosAt, tmpAt);
  expect(get(outAt, 3)).toEqual([210, 321, 32]);
});

test('outerRows sums x · dy over samples and rows and leaves padding out', () => {
  put(xAt, [1, 2, 3, 4]); // two samples of two pixels of one channel
  put(wAt, [1, 10, 100, 1000]); // dy
  i32.set([-1, 0], tableAt / 4); // one tap: the pixel before
  kernels.outerRows(xAt, 8, tableAt, 1, 1, wAt, 8, 4, 2, 2, 1, 1, outAt, 0);
  expect(get(outAt, 1)).toEqual([1 * 10 + 3 * 1000]);
});

test('packPanels transposes and pads with zeros, and unpackPanel brings a panel back', () => {
  put(wAt, [1, 2, 3, 4, 5, 6]); // [n = 2, k = 3]
  kernels.packPanels(wAt, packedAt, 1, 0, 3, 4, 2, 12, 192, 192);
  expect(get(packedAt, 17)).toEqual([1, 4, ...Array(14).fill(0), 2]);
  kernels.unpackPanel(packedAt, outAt, 1, 0, 3, 4, 2, 12);
  expect(get(outAt, 6)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('maxPool takes the first of equal pixels and lets NaN win', () => {
  put(xAt, [5, 5, 1, NaN]); // 1 × 4, windows of two
  i32.set([1, 4, 1, 1, 2, 1, 2, 1, 2, 0, 0, 1, 1], tableAt / 4);
  kernels.maxPool(xAt, outAt, outAt + 64, tableAt, 1);
  expect(get(outAt, 2)).toEqual([5, NaN]);
  expect([...i32.subarray(outAt / 4 + 16, outAt / 4 + 18)]).toEqual([0, 3]);
});

test('avgPool divides by the pixels inside, or by the whole window if padding counts', () => {
  put(xAt, [2, 4]); // 1 × 2, windows of three padded by one
  i32.set([1, 2, 1, 1, 2, 1, 3, 1, 1, 0, 1, 1, 1], tableAt / 4);
  kernels.avgPool(xAt, outAt, tableAt, 1, 0, 0);
  expect(get(outAt, 2)).toEqual([3, 3]);
  kernels.avgPool(xAt, outAt, tableAt, 1, 1, 0);
  expect(get(outAt, 2)).toEqual([2, 2]);
});

test('softmax of equal logits is uniform, and its cross entropy is log n', () => {
  put(xAt, [7, 7, 7, 7]);
  i32[tableAt / 4] = 2;
  kernels.softmax(xAt, outAt, 1, 4);
  expect(get(outAt, 4)).toEqual([0.25, 0.25, 0.25, 0.25]);
  kernels.crossEntropy(xAt, tableAt, outAt, 1, 4);
  expect(get(outAt, 1)).toEqual([Math.fround(Math.log(4))]);
  put(biasAt, [1]);
  kernels.crossEntropyGrad(xAt, tableAt, biasAt, outAt, 1, 4);
  expect(get(outAt, 4)).toEqual([0.25, 0.25, -0.75, 0.25]);
});

test('reduceSum adds in f64: a small number survives between two that cancel', () => {
  put(xAt, [1e8, 1, -1e8]);
  kernels.reduceSum(xAt, outAt, 3, 1, 0, 1, f32Bits(0.5));
  expect(get(outAt, 1)).toEqual([0.5]);
});

test('sgd with momentum moves by the learning rate times the velocity', () => {
  put(xAt, [1]); // w
  put(wAt, [0.5]); // g
  put(biasAt, [2]); // m
  put(tableAt, [0.25, 0.5, 1, 0, 0, 0]);
  kernels.sgd(xAt, wAt, biasAt, 1, tableAt);
  expect([...get(biasAt, 1), ...get(xAt, 1)]).toEqual([1.5, 1 - 0.25 * 1.5]);
});

test('gatherImages turns planes of bytes into scaled pixels, channels last', () => {
  u8.set([0, 0, 0, 0, 1, 2, 3, 4], xAt); // two samples of two channels of two pixels
  put(biasAt, [1, 10, 0.5, 0]); // scales, then shifts
  i32.set([tableAt + 4, 1], tableAt / 4); // the batch is sample 1
  kernels.gatherImages(xAt, tableAt, 0, 1, 2, 2, biasAt, 1, outAt);
  expect(get(outAt, 4)).toEqual([1.5, 30, 2.5, 40]);
});

test('welford after 1, 3, 5 and 7: mean 4, squared deviations 20, in the second row of three numbers', () => {
  put(xAt, [1, 1, 1]);
  put(outAt, [7, 7, 7, 7, 7, 7]); // means; what was there does not matter
  put(biasAt, [7, 7, 7, 7, 7, 7]);
  [1, 3, 5, 7].forEach((value, c) => {
    put(xAt, [value, 5]);
    i32.set([c, 1], tableAt / 4);
    kernels.welford(xAt, outAt, biasAt, 2, 3, tableAt);
  });
  expect(get(outAt, 6)).toEqual([7, 7, 7, 4, 5, 7]);
  expect(get(biasAt, 6)).toEqual([7, 7, 7, 20, 0, 7]);
});

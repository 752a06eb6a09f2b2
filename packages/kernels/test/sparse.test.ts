/** Skipping zeros changes no bit: the sparse products against the dense kernels, on finite values of any size. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sparseListBytes } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32, i32 } = createFixture(64);
const MB = 1 << 18; // a quarter of a megabyte for each operand
const at = { x: MB, w: 2 * MB, bias: 3 * MB, dense: 4 * MB, sparse: 5 * MB, lists: 6 * MB, table: 7 * MB };
const [rowTableAt, tmpAt, zerosAt] = [8 * MB, 9 * MB, 10 * MB];

/** Numbers that are ±0 with a share of 1 − density, else ordinary, large, tiny or subnormal, of either sign. */
function put(address: number, n: number, density: number, seed: number): void {
  let state = seed | 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0;
  for (let i = 0; i < n; i++) {
    const sign = next() & 65536 ? 1 : -1;
    const scale = [1, 1, 1, 1e9, 1e-20, 1e-38, 1e-42][(next() >>> 8) % 7]!;
    f32[address / 4 + i] = next() / 2 ** 32 < density ? (sign * scale * next()) / 2 ** 31 : sign * 0;
  }
}

const bits = (address: number, n: number): number[] => [...i32.subarray(address / 4, address / 4 + n)];
const density = fc.constantFrom(0, 0.1, 0.3, 0.5, 0.6, 1);
const columns = fc.constantFrom(1, 7, 16, 17, 31, 32, 33, 48, 61, 64);
const runs = { numRuns: 200 };

test('gemmRowsSparse gives the bits of gemmRows', () => {
  const [rows, k] = [fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2, 3, 5, 13, 16, 37, 64, 101)];
  fc.assert(
    fc.property(fc.integer(), density, rows, k, columns, fc.boolean(), (seed, share, rows, k, n, hasBias) => {
      put(at.x, rows * k, share, seed);
      put(at.w, Math.ceil(n / 16) * 16 * k, 0.9, seed + 2);
      put(at.bias, n, 0.5, seed + 4);
      const bias = hasBias ? at.bias : 0;
      kernels.gemmRows(at.x, 4 * k, at.w, bias, at.dense, 4 * n, rows, k, n, tmpAt);
      kernels.gemmRowsSparse(at.x, 4 * k, at.w, bias, at.sparse, 4 * n, rows, k, n, at.lists);
      expect(bits(at.sparse, rows * n)).toEqual(bits(at.dense, rows * n));
    }),
    runs,
  );
});

test('convRowsSparse gives the bits of convRows, whose table holds bytes and whose padding reads zeros', () => {
  const [k, xRows] = [fc.constantFrom(1, 3, 4, 7, 16), fc.integer({ min: 1, max: 9 })];
  const tables = fc.integer({ min: 1, max: 9 }).chain((taps) =>
    fc.record({
      taps: fc.constant(taps),
      entries: fc.array(fc.array(fc.integer({ min: -3, max: 8 }), { minLength: taps, maxLength: taps }), {
        minLength: 1,
      }),
    }),
  );
  fc.assert(
    fc.property(fc.integer(), density, k, xRows, columns, tables, (seed, share, k, xRows, n, { taps, entries }) => {
      const [samples, rows] = [2, entries.length];
      const numbers = entries.flat().map((row) => Math.max(-1, Math.min(row, xRows - 1)));
      i32.set(numbers, rowTableAt / 4);
      i32.set(
        numbers.map((row) => (row < 0 ? -1 : row * k * 4)),
        at.table / 4,
      );
      f32.fill(0, zerosAt / 4, zerosAt / 4 + k);
      put(at.x, samples * xRows * k, share, seed);
      put(at.w, Math.ceil(n / 16) * 16 * taps * k, 0.9, seed + 2);
      put(at.bias, n, 0.5, seed + 4);
      const [xSample, outSample, outRow] = [4 * xRows * k, 4 * rows * n, 4 * n];
      kernels.convRows(
        ...[at.x, xSample, at.table, taps, k, at.w, at.bias, at.dense, outSample, outRow, samples, rows, n],
        ...([zerosAt, tmpAt] as const),
      );
      kernels.convRowsSparse(
        ...[at.x, xSample, xRows, rowTableAt, taps, k, at.w, at.bias, at.sparse, outSample, outRow, samples, rows, n],
        ...([at.lists] as const),
      );
      expect(bits(at.sparse, samples * rows * n)).toEqual(bits(at.dense, samples * rows * n));
    }),
    runs,
  );
});

test('outerRowsSparse gives the bits of outerRows, transposed', () => {
  const shape = fc.record({
    samples: fc.integer({ min: 1, max: 9 }),
    rows: fc.constantFrom(1, 1, 2, 5, 8, 11),
    taps: fc.integer({ min: 1, max: 4 }),
    k: fc.constantFrom(1, 3, 16, 17, 32, 33, 50, 67),
    n: fc.integer({ min: 1, max: 16 }),
    chunk: fc.integer({ min: 1, max: 10 }),
  });
  fc.assert(
    fc.property(fc.integer(), density, shape, (seed, share, { samples, rows, taps, k, n, chunk }) => {
      const xSample = 4 * (rows + taps) * k;
      const rowOffsets = Array.from({ length: rows }, (_, r) => 4 * k * r);
      const tapOffsets = Array.from({ length: taps }, (_, t) => 4 * k * t);
      i32.set(
        rowOffsets.flatMap((row) => tapOffsets.map((tap) => row + tap)),
        at.table / 4,
      );
      i32.set([...rowOffsets, ...tapOffsets], rowTableAt / 4);
      put(at.x, (samples * xSample) / 4, 0.9, seed);
      put(at.w, samples * rows * n, share, seed + 2);
      const [dySample, dyRow, outColumn] = [4 * rows * n, 4 * n, 4 * taps * k];
      kernels.outerRows(
        ...[at.x, xSample, at.table, taps, k, at.w, dySample, dyRow, samples, rows, n, chunk],
        ...([at.dense, 0] as const),
      );
      kernels.outerRowsSparse(
        ...[at.x, xSample, rowTableAt, rowTableAt + 4 * rows, taps, k, at.w, dySample, dyRow, samples, rows, n, chunk],
        ...([at.sparse, outColumn, at.lists, 0] as const),
      );
      const dense = bits(at.dense, taps * k * 16);
      const transposed = Array.from(
        { length: n * taps * k },
        (_, e) => dense[(e % (taps * k)) * 16 + Math.floor(e / (taps * k))],
      );
      expect(bits(at.sparse, n * taps * k)).toEqual(transposed);
    }),
    runs,
  );
});

test('neighbouring taps may be merged', () => {
  const [samples, rows, k, n, chunk] = [5, 7, 3, 9, 2];
  put(at.x, samples * (rows + 3) * k, 1, 1);
  put(at.w, samples * rows * n, 0.3, 3);
  i32.set(
    [...Array(rows).keys()].map((r) => 4 * k * r),
    rowTableAt / 4,
  );
  i32.set([0, 4 * k, 8 * k], at.table / 4);
  const [xSample, dySample, outColumn] = [4 * (rows + 3) * k, 4 * rows * n, 4 * 3 * k];
  for (const [taps, width, out] of [
    [3, k, at.dense],
    [1, 3 * k, at.sparse],
  ] as const) {
    kernels.outerRowsSparse(
      ...[at.x, xSample, rowTableAt, at.table, taps, width, at.w, dySample, 4 * n, samples, rows, n, chunk],
      ...([out, outColumn, at.lists, 0] as const),
    );
  }
  expect(bits(at.sparse, n * 3 * k)).toEqual(bits(at.dense, n * 3 * k));
});

test('a zero hides the infinite weight that it meets, a nonzero element leaves nothing finite', () => {
  f32.set([0, 1, 0, 0], at.x / 4);
  f32.fill(0, at.w / 4, at.w / 4 + 64);
  f32.set([Infinity], at.w / 4);
  kernels.gemmRowsSparse(at.x, 16, at.w, 0, at.sparse, 4, 1, 4, 1, at.lists);
  expect(f32[at.sparse / 4]).toBe(0);
  f32.set([1, 0, 0, 0], at.x / 4);
  kernels.gemmRowsSparse(at.x, 16, at.w, 0, at.sparse, 4, 1, 4, 1, at.lists);
  expect(Number.isFinite(f32[at.sparse / 4])).toBe(false);
});

test('lists take eight bytes an element, and a margin', () => {
  expect(sparseListBytes(3, 10)).toBe(512 + 3 * (4 + 8 * 14));
});

/** Cases of batch normalisation: odd channel counts, single rows, any cut of the channels, with and without ReLU. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import { type Case, few, flag, floatKind, range, size, small } from './case.ts';

const rowsOf = (): fc.Arbitrary<number> => fc.constantFrom(1, 2, 3, 9, 16);
const paddedBytes = (n: number): number => 16 * Math.ceil(n / 4);

const batchNormMoments: Case = (draw, arena) => {
  const [samples, rows, n] = [draw(small), draw(rowsOf), draw(size)];
  return {
    args: [arena.floats(samples * rows * n, draw(floatKind)), samples, rows, n, arena.space(8 * samples * n)],
  };
};

const batchNormStatistics: Case = (draw, arena) => {
  const [samples, rows, n] = [draw(small), draw(rowsOf), draw(size)];
  const { start, count } = range(draw, n);
  const moments = arena.floats(2 * samples * n, draw(floatKind));
  return { args: [moments, samples, rows, n, start, count, f32Bits(1e-5), arena.space(12 * n)] };
};

const batchNorm: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  const [statistics, gamma, beta] = [arena.floats(2 * n), arena.floats(n, draw(floatKind)), arena.floats(n)];
  const [out, tmp] = [arena.space(4 * rows * n), arena.space(paddedBytes(n))];
  return {
    args: [x, statistics, gamma, beta, out, rows, n, draw(flag), tmp],
    ignored: [{ at: tmp, bytes: paddedBytes(n) }],
  };
};

const batchNormGradSums: Case = (draw, arena) => {
  const [samples, rows, n] = [draw(small), draw(rowsOf), draw(size)];
  const count = samples * rows * n;
  const [dy, x] = [arena.floats(count, draw(floatKind)), arena.floats(count)];
  const y = draw(flag) ? arena.floats(count, draw(floatKind)) : 0;
  return { args: [dy, x, y, arena.floats(2 * n), samples, rows, n, arena.space(8 * samples * n)] };
};

const batchNormGrad: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [dy, x] = [arena.floats(rows * n, draw(floatKind)), arena.floats(rows * n)];
  const y = draw(flag) ? arena.floats(rows * n, draw(floatKind)) : 0;
  const [statistics, gamma] = [arena.floats(2 * n), arena.floats(n)];
  const sums = draw(flag) ? arena.floats(2 * n, draw(floatKind)) : 0;
  const [dx, tmp] = [arena.space(4 * rows * n), arena.space(3 * paddedBytes(n))];
  return {
    args: [dy, x, y, statistics, gamma, sums, dx, rows, n, rows + draw(few) + 1, tmp],
    ignored: [{ at: tmp, bytes: 3 * paddedBytes(n) }],
  };
};

const batchNormRunning: Case = (draw, arena) => {
  const n = draw(size);
  const [statistics, mean, variance] = [arena.floats(3 * n, draw(floatKind)), arena.floats(n), arena.floats(n)];
  return { args: [statistics, mean, variance, arena.ints([draw(few)]), n, f32Bits(0.1), draw(flag)] };
};

export const batchNormCases = {
  batchNormMoments,
  batchNormStatistics,
  batchNorm,
  batchNormGradSums,
  batchNormGrad,
  batchNormRunning,
} satisfies Record<string, Case>;

/** Cases of the normalisation of rows and of groups of channels: odd lengths, single rows, any cut of the columns, optional operands. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, range, size, small } from './case.ts';

const paddedBytes = (n: number): number => 16 * Math.ceil(n / 4);
const optional = (draw: Draw, arena: Arena, n: number): number => (draw(flag) ? arena.floats(n, draw(floatKind)) : 0);

const layerNormStatistics: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  return { args: [x, rows, n, f32Bits(1e-5), draw(flag), arena.space(8 * rows)] };
};

const layerNorm: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [x, statistics] = [arena.floats(rows * n, draw(floatKind)), arena.floats(2 * rows)];
  const [gamma, beta] = [optional(draw, arena, n), optional(draw, arena, n)];
  return { args: [x, statistics, gamma, beta, arena.space(4 * rows * n), rows, n] };
};

const layerNormGrad: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [dy, x] = [arena.floats(rows * n, draw(floatKind)), arena.floats(rows * n, draw(floatKind))];
  const [statistics, gamma] = [arena.floats(2 * rows), optional(draw, arena, n)];
  return { args: [dy, x, statistics, gamma, arena.space(4 * rows * n), rows, n, draw(flag)] };
};

const layerNormGradWeight: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const { start, count } = range(draw, n);
  const [dy, x] = [arena.floats(rows * n, draw(floatKind)), arena.floats(rows * n)];
  const [statistics, out] = [arena.floats(2 * rows), arena.space(8 * n)];
  const length = 8 * Math.ceil(count / 4);
  const sums = Math.ceil(arena.space(8 * length + 8) / 8) * 8;
  new Float64Array(arena.f32.buffer, sums, length).forEach((_, i, doubles) => {
    doubles[i] = i / 3;
  });
  const lanes = count % 4 === 0 ? 4 : count % 4;
  const unused = [0, 32].map((row) => ({ at: sums + 8 * length - 64 + row + 8 * lanes, bytes: 32 - 8 * lanes }));
  return {
    args: [dy, x, statistics, rows, n, start, count, out, sums, draw(flag)],
    ignored: count === 0 ? [] : unused,
  };
};

interface Grouped {
  readonly samples: number;
  readonly rows: number;
  readonly n: number;
  readonly groups: number;
}

function grouped(draw: Draw): Grouped {
  const [width, groups] = [draw(() => fc.integer({ min: 1, max: 9 })), draw(small)];
  return { samples: draw(few), rows: draw(() => fc.constantFrom(1, 2, 9)), n: width * groups, groups };
}

const groupNormStatistics: Case = (draw, arena) => {
  const { samples, rows, n, groups } = grouped(draw);
  const moments = arena.floats(2 * samples * n, draw(floatKind));
  return { args: [moments, samples, rows, n, groups, f32Bits(1e-5), arena.space(8 * samples * n)] };
};

const groupNorm: Case = (draw, arena) => {
  const { samples, rows, n } = grouped(draw);
  const [x, statistics] = [arena.floats(samples * rows * n, draw(floatKind)), arena.floats(2 * samples * n)];
  const [gamma, beta] = [arena.floats(n, draw(floatKind)), arena.floats(n)];
  const [out, tmp] = [arena.space(4 * samples * rows * n), arena.space(paddedBytes(n))];
  return {
    args: [x, statistics, gamma, beta, out, samples, rows, n, tmp],
    ignored: [{ at: tmp, bytes: paddedBytes(n) }],
  };
};

const groupNormGradSums: Case = (draw, arena) => {
  const { samples, rows, n } = grouped(draw);
  const count = samples * rows * n;
  const [dy, x] = [arena.floats(count, draw(floatKind)), arena.floats(count)];
  return { args: [dy, x, arena.floats(2 * samples * n), samples, rows, n, arena.space(8 * samples * n)] };
};

const groupNormGrad: Case = (draw, arena) => {
  const { samples, rows, n, groups } = grouped(draw);
  const count = samples * rows * n;
  const [dy, x] = [arena.floats(count, draw(floatKind)), arena.floats(count)];
  const [statistics, gamma] = [arena.floats(2 * samples * n), arena.floats(n)];
  const sums = arena.floats(2 * samples * n, draw(floatKind));
  const [dx, tmp] = [arena.space(4 * count), arena.space(3 * paddedBytes(n))];
  return {
    args: [dy, x, statistics, gamma, sums, dx, samples, rows, n, groups, tmp],
    ignored: [{ at: tmp, bytes: 3 * paddedBytes(n) }],
  };
};

export const layerNormCases = {
  layerNormStatistics,
  layerNorm,
  layerNormGrad,
  layerNormGradWeight,
  groupNormStatistics,
  groupNorm,
  groupNormGradSums,
  groupNormGrad,
} satisfies Record<string, Case>;

/** Cases of the products that skip zeros: every density from none to all, ±0, remainders of lists, columns and k. */
import fc from 'fast-check';
import { sparseListBytes } from '../../src/index.ts';
import type { Arena, FloatKind } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size, small } from './case.ts';
import { panels } from './products.ts';

/** `ordinary` or `wide` floats, a drawn share of them replaced by +0 or −0. */
export function sparseFloats(draw: Draw, arena: Arena, n: number, kind: FloatKind): number {
  const density = draw(() => fc.constantFrom(0, 0.1, 0.3, 0.6, 1));
  let state = draw(() => fc.integer()) | 1;
  const at = arena.floats(n, kind);
  for (let i = 0; i < n; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    if ((state >>> 0) / 2 ** 32 >= density) arena.f32[at / 4 + i] = state & 256 ? 0 : -0;
  }
  return at;
}

/** Scratch for lists, and that its content is open. */
function lists(arena: Arena, rows: number, length: number): { at: number; bytes: number } {
  const bytes = sparseListBytes(rows, length);
  return { at: arena.space(bytes), bytes };
}

const gemmRowsSparse: Case = (draw, arena) => {
  const [rows, k, n] = [draw(few), draw(size), draw(size)];
  const [xStride, outStride] = [4 * (k + draw(few)), 4 * (n + draw(few))];
  const x = sparseFloats(draw, arena, (rows * xStride) / 4, draw(floatKind));
  const w = panels(arena, k, n);
  const bias = draw(flag) * arena.floats(n);
  const out = arena.space(rows * outStride);
  const scratch = lists(arena, rows, k);
  return { args: [x, xStride, w, bias, out, outStride, rows, k, n, scratch.at], ignored: [scratch] };
};

const convRowsSparse: Case = (draw, arena) => {
  const [samples, xRows, taps] = [draw(() => fc.integer({ min: 0, max: 3 })), draw(small), draw(small)];
  const [rows, k, n] = [draw(few), draw(() => fc.integer({ min: 1, max: 19 })), draw(size)];
  const xSample = 4 * (xRows * k + draw(few));
  const outRow = 4 * (n + draw(few));
  const outSample = rows * outRow + 4 * draw(few);
  const x = sparseFloats(draw, arena, (samples * xSample) / 4, draw(floatKind));
  const entry = fc.integer({ min: -Math.ceil(xRows / 3), max: xRows - 1 });
  const count = rows * taps;
  const rowNumbers = draw(() => fc.array(entry, { minLength: count, maxLength: count })).map((row) =>
    Math.max(row, -1),
  );
  const table = arena.ints(rowNumbers);
  const w = panels(arena, taps * k, n);
  const bias = draw(flag) * arena.floats(n);
  const out = arena.space(samples * outSample);
  const scratch = lists(arena, xRows, k);
  return {
    args: [x, xSample, xRows, table, taps, k, w, bias, out, outSample, outRow, samples, rows, n, scratch.at],
    ignored: [scratch],
  };
};

const outerRowsSparse: Case = (draw, arena) => {
  const [samples, rows, taps] = [draw(few), draw(() => fc.oneof(few(), fc.constant(1))), draw(small)];
  const [k, n] = [draw(size), draw(() => fc.integer({ min: 1, max: 21 }))];
  const finite = (): fc.Arbitrary<FloatKind> => fc.constantFrom('ordinary', 'wide');
  // Offsets of rows and taps are any floats of the sample from which k may be read.
  const [rowReach, tapReach] = [draw(few), draw(few)];
  const offsets = (count: number, reach: number): number[] =>
    draw(() => fc.array(fc.integer({ min: 0, max: reach }), { minLength: count, maxLength: count })).map((o) => 4 * o);
  const xSample = 4 * (rowReach + tapReach + k + draw(few));
  const dyRow = 4 * (n + draw(few));
  const dySample = rows * dyRow + 4 * draw(few);
  const x = arena.floats((samples * xSample) / 4, draw(finite));
  const [rowOffsets, tapOffsets] = [arena.ints(offsets(rows, rowReach)), arena.ints(offsets(taps, tapReach))];
  const dy = sparseFloats(draw, arena, (samples * dySample) / 4, draw(floatKind));
  const chunk = draw(small);
  const outColumn = 4 * (taps * k + draw(few));
  const out = arena.floats((n * outColumn) / 4);
  const scratch = lists(arena, n + 19, Math.min(chunk, samples) * rows);
  return {
    args: [
      ...[x, xSample, rowOffsets, tapOffsets, taps, k, dy, dySample, dyRow],
      ...[samples, rows, n, chunk, out, outColumn, scratch.at, draw(flag)],
    ],
    ignored: [scratch],
  };
};

export const sparseCases = { gemmRowsSparse, convRowsSparse, outerRowsSparse } satisfies Record<string, Case>;

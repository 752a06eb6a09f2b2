/** Cases of the random kernels. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import { type Case, few, flag, floatKind, size, u32 } from './case.ts';

const philox: Case = (draw, arena) => {
  const blocks = draw(few);
  const counter = arena.ints([draw(u32), draw(u32), draw(u32), draw(u32)]);
  return { args: [arena.space(16 * blocks), blocks, counter, arena.ints([draw(u32), draw(u32)])] };
};

const deviates: Case = (draw, arena) => {
  const n = draw(size) - 1;
  const key = arena.ints([draw(u32), draw(u32)]);
  const [a, b] = [draw(() => fc.float({ noNaN: true })), draw(() => fc.float({ noNaN: true }))];
  return { args: [arena.space(4 * n), n, key, draw(u32), f32Bits(a), f32Bits(b)] };
};

const dropout: Case = (draw, arena) => {
  const rows = draw(() => fc.integer({ min: 0, max: 3 }));
  const n = draw(() => fc.oneof(size(), fc.integer({ min: 1, max: 200 })));
  const x = arena.floats(rows * n, draw(floatKind));
  const out = draw(flag) === 1 ? x : arena.space(4 * rows * n);
  const [key, step] = [arena.ints([draw(u32), draw(u32)]), arena.ints([draw(u32)])];
  const row0 = draw(() => fc.integer({ min: 0, max: 1000 }));
  const threshold = draw(() =>
    fc.oneof(fc.constantFrom(0, 1, 32768, 65535, 65536), fc.integer({ min: 0, max: 65536 })),
  );
  return { args: [x, out, rows, n, row0, key, step, draw(u32), arena.ints([threshold, f32Bits(1.25)])] };
};

const uniformRows: Case = (draw, arena) => {
  const rows = draw(() => fc.integer({ min: 0, max: 3 }));
  const n = draw(() => fc.oneof(size(), fc.integer({ min: 1, max: 200 })));
  const [key, step] = [arena.ints([draw(u32), draw(u32)]), arena.ints([draw(u32)])];
  return {
    args: [arena.space(4 * rows * n), rows, n, draw(() => fc.integer({ min: 0, max: 1000 })), key, step, draw(u32)],
  };
};

export const randomCases = { philox, uniform: deviates, normal: deviates, dropout, uniformRows } satisfies Record<
  string,
  Case
>;

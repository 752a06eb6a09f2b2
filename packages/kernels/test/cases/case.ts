/** What a case of the twin test is: a way to draw a kernel's operands and arguments. */
import fc from 'fast-check';
import type { Arena, FloatKind, Scratch } from '../arena.ts';

export interface Call {
  readonly args: readonly number[];
  readonly ignored?: readonly Scratch[];
}

/** Draws one value of an arbitrary. */
export type Draw = <T>(arbitrary: () => fc.Arbitrary<T>) => T;

/** Places operands in the arena and returns the arguments; the kernel and its twin then run over equal memories. */
export type Case = (draw: Draw, arena: Arena) => Call;

/** 1 to 70, mostly around multiples of a vector, a panel and a group. */
export const size = (): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 13, 15, 16, 17, 31, 32, 33, 64), fc.integer({ min: 1, max: 70 }));

/** 0 to 9. */
export const few = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 9 });

/** 1 to 6. */
export const small = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 6 });

export const flag = (): fc.Arbitrary<number> => fc.constantFrom(0, 1);

export const floatKind = (): fc.Arbitrary<FloatKind> => fc.constantFrom('ordinary', 'wide', 'special');

export const u32 = (): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(0, -1, 1 << 31), fc.integer());

/** A range inside [0, total), possibly empty. */
export function range(draw: Draw, total: number): { start: number; count: number } {
  const start = draw(() => fc.integer({ min: 0, max: total }));
  return { start, count: draw(() => fc.integer({ min: 0, max: total - start })) };
}

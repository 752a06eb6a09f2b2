/** Cases of the kernels of the dropout family. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, floatKind, size, u32 } from './case.ts';

/** What a draw is keyed by, in the order of the arguments between the operands' sizes and the rate. */
function keyed(draw: Draw, arena: Arena): { row0: number; key: number; step: number; site: number } {
  return {
    row0: draw(() => fc.integer({ min: 0, max: 1000 })),
    key: arena.ints([draw(u32), draw(u32)]),
    step: arena.ints([draw(u32)]),
    site: draw(u32),
  };
}

/** Extents of a row: groups within a few blocks of masks, or few of them around vectors and remainders. */
function extents(draw: Draw): [outer: number, groups: number, inner: number] {
  const any = (max: number) => draw(() => fc.integer({ min: 1, max }));
  const kind = draw(() => fc.constantFrom('elements', 'channelsLast', 'channels', 'sample', 'any'));
  if (kind === 'elements') return [1, draw(() => fc.oneof(size(), fc.constantFrom(1023, 1024, 1025, 2100))), 1];
  if (kind === 'channelsLast') return [any(40), draw(size), 1];
  if (kind === 'channels') return [1, draw(size), any(90)];
  if (kind === 'sample') return [1, 1, any(200)];
  return [any(5), any(9), any(9)];
}

const dropoutGroups: Case = (draw, arena) => {
  const rows = draw(() => fc.integer({ min: 0, max: 3 }));
  const [outer, groups, inner] = extents(draw);
  const n = rows * outer * groups * inner;
  const x = arena.floats(n, draw(floatKind));
  const out = draw(flag) === 1 ? x : arena.space(4 * n);
  const { row0, key, step, site } = keyed(draw, arena);
  const threshold = draw(() =>
    fc.oneof(fc.constantFrom(0, 1, 32768, 65535, 65536), fc.integer({ min: 0, max: 65536 })),
  );
  const [offset, dropped] = draw(() => fc.constantFrom([0, 0], [-0, -0], [0.5, -1.25], [0, 3], [-2, 0])) as [
    number,
    number,
  ];
  const rate = arena.ints([threshold, f32Bits(1.25), f32Bits(offset), f32Bits(dropped)]);
  const shape = arena.ints([outer, groups, inner, draw(flag)]);
  const scratch = arena.space(2176);
  return {
    args: [x, out, rows, shape, row0, key, step, site, rate, scratch],
    ignored: [{ at: scratch, bytes: 2176 }],
  };
};

const gaussianDropout: Case = (draw, arena) => {
  const rows = draw(() => fc.integer({ min: 0, max: 3 }));
  const n = draw(() => fc.oneof(size(), fc.integer({ min: 1, max: 200 })));
  const x = arena.floats(rows * n, draw(floatKind));
  const out = draw(flag) === 1 ? x : arena.space(4 * rows * n);
  const { row0, key, step, site } = keyed(draw, arena);
  const rate = arena.ints([0, f32Bits(draw(() => fc.constantFrom(0, 0.5, 1, 3)))]);
  const scratch = arena.space(128);
  return { args: [x, out, rows, n, row0, key, step, site, rate, scratch], ignored: [{ at: scratch, bytes: 128 }] };
};

export const dropoutCases = { dropoutGroups, gaussianDropout } satisfies Record<string, Case>;

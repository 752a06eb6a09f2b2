/** Cases of recurrent layers. */
import fc from 'fast-check';
import { recurrentScratchBytes, recurrentSizes } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, small } from './case.ts';

interface Sequences {
  readonly kind: number;
  readonly samples: number;
  readonly steps: number;
  readonly hidden: number;
  readonly reverse: number;
  readonly lengths: number;
}

function sequences(draw: Draw, arena: Arena): Sequences {
  const [samples, steps] = [draw(small), draw(small)];
  const lengths = arena.indices(samples, steps + 1);
  return {
    kind: draw(() => fc.integer({ min: 0, max: 3 })),
    samples,
    steps,
    hidden: draw(() => fc.oneof(fc.constantFrom(1, 3, 4, 5, 16, 17), fc.integer({ min: 1, max: 20 }))),
    reverse: draw(flag),
    lengths: draw(flag) === 1 ? lengths : 0,
  };
}

/** Operands of n floats, or null. */
const optional = (draw: Draw, arena: Arena, n: number): number => {
  const at = arena.floats(n);
  return draw(flag) === 1 ? at : 0;
};

/** Weights in panels of 16 columns. */
const panels = (arena: Arena, k: number, n: number): number => arena.floats(Math.ceil(n / 16) * 16 * k);

const recurrent: Case = (draw, arena) => {
  const { kind, samples, steps, hidden, reverse, lengths } = sequences(draw, arena);
  const { gates, kept, finals } = recurrentSizes(kind);
  const scratchBytes = recurrentScratchBytes(kind, samples, hidden);
  const scratch = arena.space(scratchBytes);
  const keptAt = arena.space(4 * samples * steps * kept * hidden);
  const args = [
    kind,
    arena.floats(samples * steps * gates * hidden),
    panels(arena, hidden, gates * hidden),
    optional(draw, arena, gates * hidden),
    optional(draw, arena, samples * hidden),
    optional(draw, arena, samples * hidden),
    lengths,
    arena.space(4 * samples * (steps + finals) * hidden),
    kept > 0 && draw(flag) === 1 ? keptAt : 0,
    ...[samples, steps, hidden, reverse, scratch],
  ];
  return { args, ignored: [{ at: scratch, bytes: scratchBytes }] };
};

const recurrentGrad: Case = (draw, arena) => {
  const { kind, samples, steps, hidden, reverse, lengths } = sequences(draw, arena);
  const { gates, kept, finals } = recurrentSizes(kind);
  const scratchBytes = recurrentScratchBytes(kind, samples, hidden);
  const scratch = arena.space(scratchBytes);
  const initials = arena.space(4 * samples * finals * hidden);
  const args = [
    kind,
    arena.floats(samples * (steps + finals) * hidden),
    arena.floats(samples * (steps + finals) * hidden),
    arena.floats(samples * steps * kept * hidden),
    panels(arena, gates * hidden, hidden),
    optional(draw, arena, samples * hidden),
    optional(draw, arena, samples * hidden),
    lengths,
    arena.space(4 * samples * steps * gates * hidden),
    draw(flag) === 1 ? initials : 0,
    ...[samples, steps, hidden, reverse, scratch],
  ];
  return { args, ignored: [{ at: scratch, bytes: scratchBytes }] };
};

const recurrentPrevious: Case = (draw, arena) => {
  const { kind, samples, steps, hidden, reverse, lengths } = sequences(draw, arena);
  const out = arena.floats(samples * (steps + recurrentSizes(kind).finals) * hidden);
  const h0 = optional(draw, arena, samples * hidden);
  const previous = arena.space(4 * samples * steps * hidden);
  return { args: [kind, out, h0, lengths, previous, samples, steps, hidden, reverse] };
};

const gruHiddenGrad: Case = (draw, arena) => {
  const [rows, hidden] = [draw(small), draw(small)];
  const [dx, kept] = [arena.floats(3 * rows * hidden), arena.floats(4 * rows * hidden)];
  return { args: [dx, kept, arena.space(12 * rows * hidden), rows, hidden] };
};

export const recurrentCases = {
  recurrent,
  recurrentPrevious,
  recurrentGrad,
  gruHiddenGrad,
} satisfies Record<string, Case>;

/** Cases of attention. */
import fc from 'fast-check';
import {
  type AttentionSpec,
  attentionScratchBytes,
  attentionSpec,
  f32Bits,
  type HeadStrides,
} from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, u32 } from './case.ts';

interface Drawn {
  readonly spec: AttentionSpec;
  readonly samples: number;
  readonly mask: number;
  readonly keyMask: number;
  readonly draws: readonly [row0: number, key: number, step: number, site: number, rate: number];
}

/** Heads beside one another in each row, with room for other operands, or one after the other. */
function strides(draw: Draw, rows: number, of: { heads: number; size: number }): HeadStrides {
  const { heads, size } = of;
  if (draw(flag) === 1) return { sample: heads * rows * size, head: rows * size, row: size };
  const row = heads * size + 3 * draw(flag);
  return { sample: rows * row, head: size, row };
}

function drawn(draw: Draw, arena: Arena): Drawn {
  const integer = (min: number, max: number) => draw(() => fc.integer({ min, max }));
  const [samples, heads] = [integer(1, 2), integer(1, 2)];
  const extent = () => draw(() => fc.oneof(fc.constantFrom(1, 4, 16, 31, 32, 33, 65), fc.integer({ min: 1, max: 40 })));
  const [queries, keys, size, valueSize] = [extent(), extent(), integer(1, 18), integer(1, 18)];
  const shared = { heads: draw(flag), sample: draw(flag) };
  const maskStrides = {
    sample: shared.sample * heads * queries * keys,
    head: shared.heads * queries * keys,
    row: keys,
  };
  const [mask, keyMask] = [arena.floats(samples * heads * queries * keys), arena.floats(samples * keys)];
  // Some keys that do not count, never all.
  for (let j = 1; j < keys; j += 3) arena.f32[keyMask / 4 + j] = Number.NEGATIVE_INFINITY;
  const rate = arena.ints([integer(0, 65536), f32Bits(1.25)]);
  return {
    samples,
    spec: {
      ...{ heads, queries, keys, size, valueSize },
      causal: draw(flag) === 1,
      scale: 0.3,
      q: strides(draw, queries, { heads, size }),
      k: strides(draw, keys, { heads, size }),
      v: strides(draw, keys, { heads, size: valueSize }),
      out: strides(draw, queries, { heads, size: valueSize }),
      mask: maskStrides,
      keyMask: keys,
    },
    mask: draw(flag) === 1 ? mask : 0,
    keyMask: draw(flag) === 1 ? keyMask : 0,
    draws: [
      integer(0, 1000),
      arena.ints([draw(u32), draw(u32)]),
      arena.ints([draw(u32)]),
      draw(u32),
      draw(flag) === 1 ? rate : 0,
    ],
  };
}

const attention: Case = (draw, arena) => {
  const { spec, samples, mask, keyMask, draws } = drawn(draw, arena);
  const operand = ({ sample }: HeadStrides) => arena.floats(samples * sample);
  const [q, k, v, out] = [operand(spec.q), operand(spec.k), operand(spec.v), operand(spec.out)];
  const bytes = attentionScratchBytes(spec, false);
  const scratch = arena.space(bytes);
  const words = arena.ints([...attentionSpec(spec)]);
  return {
    args: [q, k, v, mask, keyMask, out, words, samples, ...draws, scratch],
    ignored: [{ at: scratch, bytes }],
  };
};

const attentionGrad: Case = (draw, arena) => {
  const { spec, samples, mask, keyMask, draws } = drawn(draw, arena);
  const { heads, queries, keys, size, valueSize } = spec;
  const withGradients: AttentionSpec = {
    ...spec,
    dq: strides(draw, queries, { heads, size }),
    dk: strides(draw, keys, { heads, size }),
    dv: strides(draw, keys, { heads, size: valueSize }),
  };
  const operand = (of: HeadStrides | undefined) => arena.floats(samples * of!.sample);
  const { q, k, v, out, dq, dk, dv } = withGradients;
  const operands = [
    operand(out),
    operand(q),
    operand(k),
    operand(v),
    mask,
    keyMask,
    operand(dq),
    operand(dk),
    operand(dv),
  ];
  const bytes = attentionScratchBytes(spec, true);
  const scratch = arena.space(bytes);
  const words = arena.ints([...attentionSpec(withGradients)]);
  return { args: [...operands, words, samples, ...draws, scratch], ignored: [{ at: scratch, bytes }] };
};

export const attentionCases = { attention, attentionGrad } satisfies Record<string, Case>;

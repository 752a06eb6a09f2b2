/** Cases of pooling: padding, strides, dilation and windows that hang over the edge. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, floatKind } from './case.ts';

interface Geometry {
  readonly at: number;
  readonly samples: number;
  readonly inputFloats: number;
  readonly outputFloats: number;
  readonly pixels: number;
}

function geometry(draw: Draw, arena: Arena): Geometry {
  const side = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 7 });
  const upTo3 = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 3 });
  const samples = draw(() => fc.integer({ min: 0, max: 3 }));
  const [H, W, C] = [draw(side), draw(side), draw(() => fc.integer({ min: 1, max: 19 }))];
  const axis = (length: number) => {
    const [kernel, stride, dilation] = [draw(upTo3), draw(upTo3), draw(upTo3)];
    const padding = draw(() => fc.integer({ min: 0, max: kernel - 1 }));
    const span = length + 2 * padding - dilation * (kernel - 1) - 1;
    // One more than fits, at times: the overhang of ceil mode.
    return { kernel, stride, dilation, padding, out: Math.max(1, Math.floor(span / stride) + 1 + draw(flag)) };
  };
  const [h, w] = [axis(H), axis(W)];
  const words = [H, W, C, h.out, w.out, h.kernel, w.kernel, h.stride, w.stride];
  const at = arena.ints([...words, h.padding, w.padding, h.dilation, w.dilation]);
  return { at, samples, inputFloats: H * W * C, outputFloats: h.out * w.out * C, pixels: H * W };
}

/** 0: the number of pixels. */
const divisor = (): fc.Arbitrary<number> => fc.constantFrom(0, 1, 3);

const maxPool: Case = (draw, arena) => {
  const g = geometry(draw, arena);
  const x = arena.floats(g.samples * g.inputFloats, draw(floatKind));
  const outBytes = 4 * g.samples * g.outputFloats;
  return { args: [x, arena.space(outBytes), arena.space(outBytes), g.at, g.samples] };
};

const maxPoolGrad: Case = (draw, arena) => {
  const g = geometry(draw, arena);
  const n = g.samples * g.outputFloats;
  const dy = arena.floats(n, draw(floatKind));
  const index = arena.indices(n, g.pixels + 1);
  for (let i = 0; i < n; i++) arena.i32[index / 4 + i]! -= 1; // −1: a window without a pixel
  return { args: [dy, index, arena.space(4 * g.samples * g.inputFloats), g.at, g.samples] };
};

const avgPool: Case = (draw, arena) => {
  const g = geometry(draw, arena);
  const x = arena.floats(g.samples * g.inputFloats, draw(floatKind));
  return { args: [x, arena.space(4 * g.samples * g.outputFloats), g.at, g.samples, draw(flag), draw(divisor)] };
};

const avgPoolGrad: Case = (draw, arena) => {
  const g = geometry(draw, arena);
  const dy = arena.floats(g.samples * g.outputFloats, draw(floatKind));
  return { args: [dy, arena.space(4 * g.samples * g.inputFloats), g.at, g.samples, draw(flag), draw(divisor)] };
};

export const poolCases = { maxPool, maxPoolGrad, avgPool, avgPoolGrad } satisfies Record<string, Case>;

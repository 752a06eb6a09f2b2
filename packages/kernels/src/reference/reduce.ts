/** Naive twins: reductions over the middle axis of [outer, length, inner], and column sums. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

/** The position of the first largest value; NaN counts as largest. */
export function indexOfMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let l = 1; l < values.length; l++) {
    const [v, top] = [values[l]!, values[best]!];
    if (v > top || (Number.isNaN(v) && !Number.isNaN(top))) best = l;
  }
  return best;
}

export function reduceTwins(
  views: Views,
): Pick<Kernels, 'reduceSum' | 'reduceProd' | 'reduceMax' | 'argMax' | 'sumRows'> {
  /** The values that result i = o·inner + j reduces, l ascending. */
  const column = (x: Pointer, length: number, inner: number, i: number): Float32Array => {
    const first = word(x) + Math.floor(i / inner) * length * inner + (i % inner);
    return Float32Array.from({ length }, (_, l) => views.f32[first + l * inner]!);
  };
  return {
    reduceSum(x, out, length, inner, start, count, scale) {
      for (let i = start; i < start + count; i++) {
        let sum = 0; // f64
        for (const v of column(x, length, inner, i)) sum += v;
        views.f32[word(out) + i - start] = f32FromBits(scale) * sum;
      }
    },
    reduceProd(x, out, length, inner, start, count) {
      for (let i = start; i < start + count; i++) {
        let product = 1; // f64
        for (const v of column(x, length, inner, i)) product *= v;
        views.f32[word(out) + i - start] = product;
      }
    },
    reduceMax(x, out, length, inner, start, count) {
      for (let i = start; i < start + count; i++) {
        views.f32[word(out) + i - start] = Math.max(...column(x, length, inner, i));
      }
    },
    argMax(x, out, length, inner, start, count) {
      for (let i = start; i < start + count; i++) {
        views.i32[word(out) + i - start] = indexOfMax(column(x, length, inner, i));
      }
    },
    sumRows(x, rowStride, rows, n, out, continued) {
      for (let j = 0; j < n; j++) {
        let total = continued ? views.f32[word(out) + j]! : 0;
        for (let r0 = 0; r0 < rows; r0 += 256) {
          let sum = 0;
          for (let r = r0; r < Math.min(rows, r0 + 256); r++) sum = f(sum + views.f32[word(x + r * rowStride) + j]!);
          total = f(total + sum);
        }
        views.f32[word(out) + j] = total;
      }
    },
  };
}

/** Naive twins: elements by number along the middle axis of [outer, length, inner], and their way back. */
import { type Kernels, scatterOps } from '../signatures.ts';
import { type Views, word } from './views.ts';

const noElement = 0x7fc00000;

export function gatherAxisTwins(views: Views): Pick<Kernels, 'gatherAxis' | 'scatterAxis'> {
  return {
    gatherAxis(x, index, out, xLength, length, inner, indexOuter, indexLength, indexInner, start, count) {
      const { i32 } = views;
      for (let i = start; i < start + count; i++) {
        const [j, l, o] = [i % inner, Math.floor(i / inner) % length, Math.floor(i / inner / length)];
        const number = i32[word(index) + o * indexOuter + l * indexLength + j * indexInner]!;
        const exists = number >= 0 && number < xLength;
        i32[word(out) + i - start] = exists ? i32[word(x) + (o * xLength + number) * inner + j]! : noElement;
      }
    },
    scatterAxis(op, x, index, src, out, outLength, length, inner, indexOuter, indexLength, indexInner, start, count) {
      const { f32, i32 } = views;
      for (let column = start; column < start + count; column++) {
        const [o, j] = [Math.floor(column / inner), column % inner];
        const at = (r: number) => (o * outLength + r) * inner + j;
        for (let r = 0; r < outLength; r++) i32[word(out) + at(r)] = x ? i32[word(x) + at(r)]! : 0;
        for (let l = 0; l < length; l++) {
          const number = i32[word(index) + o * indexOuter + l * indexLength + j * indexInner]!;
          if (number < 0 || number >= outLength) continue;
          const from = word(src) + (o * length + l) * inner + j;
          if (op === scatterOps.set) i32[word(out) + at(number)] = i32[from]!;
          else f32[word(out) + at(number)] = f32[word(out) + at(number)]! + f32[from]!;
        }
      }
    },
  };
}

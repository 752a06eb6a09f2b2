/** Naive twins: the 2-norm of gradients, sums in f64; whether they are finite. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function clipTwins(views: Views): Pick<Kernels, 'sumSquares' | 'clipFactor' | 'flagNonFinite'> {
  return {
    sumSquares(x, n, out) {
      const { f32 } = views;
      const s = new Float64Array(4);
      for (let i = 0; i < n; i++) s[i % 4] = s[i % 4]! + f32[word(x) + i]! * f32[word(x) + i]!;
      f32[word(out)] = s[0]! + s[2]! + (s[1]! + s[3]!);
    },
    clipFactor(parts, n, limit, out) {
      const { f32 } = views;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += f32[word(parts) + i]!;
      const norm = f(Math.sqrt(sum));
      f32[word(out)] = norm;
      f32[word(out) + 1] = Math.min(f(f32[word(limit)]! / f(norm + f(1e-6))), 1);
    },
    flagNonFinite(x, n, flag) {
      const values = views.f32.subarray(word(x), word(x) + n);
      if (values.some((value) => !Number.isFinite(value))) views.f32[word(flag)] = Number.NaN;
    },
  };
}

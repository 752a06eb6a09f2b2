/** Naive twin: Welford's running mean and sum of squared deviations. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function welfordTwins(views: Views): Pick<Kernels, 'welford'> {
  return {
    welford(x, mean, m2, n, width, at) {
      const { f32, i32 } = views;
      const before = i32[word(at)]! >>> 0;
      const first = (i32[word(at) + 1]! >>> 0) * width;
      for (let i = 0; i < n; i++) {
        const value = f32[word(x) + i]!;
        const kept = word(mean) + first + i;
        const delta = f(value - f32[kept]!);
        f32[kept] = before === 0 ? value : f(f32[kept]! + f(delta / f(before + 1)));
        if (m2 === 0) continue;
        const squares = word(m2) + first + i;
        f32[squares] = before === 0 ? 0 : f(f32[squares]! + f(delta * f(value - f32[kept]!)));
      }
    },
  };
}

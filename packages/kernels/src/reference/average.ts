/** Naive twin: the running average of weights. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function averageTwins(views: Views): Pick<Kernels, 'average'> {
  return {
    average(a, w, n, weight) {
      const { f32 } = views;
      const share = f32[word(weight)]!;
      if (share === 0) return;
      for (let i = 0; i < n; i++) {
        const [old, fresh] = [f32[word(a) + i]!, f32[word(w) + i]!];
        f32[word(a) + i] = share === 1 ? fresh : f(old + f(f(fresh - old) * share));
      }
    },
  };
}

/** Naive twins: what Muon does element by element, every operation rounded to f32. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function muonTwins(views: Views): Pick<Kernels, 'muonMomentum' | 'muon'> {
  return {
    muonMomentum(g, m, out, n, hyper) {
      const { f32 } = views;
      const [fresh, momentum, nesterov] = [0, 1, 2].map((i) => f32[word(hyper) + i]!) as [number, number, number];
      for (let i = 0; i < n; i++) {
        const [grad, old] = [f32[word(g) + i]!, f32[word(m) + i]!];
        const mean = f(old + f(f(grad - old) * fresh));
        f32[word(out) + i] = nesterov === 0 ? mean : f(grad + f(f(mean - grad) * momentum));
      }
    },
    muon(w, x, n, hyper) {
      const { f32 } = views;
      const [rate, kept] = [f32[word(hyper)]!, f32[word(hyper) + 1]!];
      for (let i = 0; i < n; i++) {
        f32[word(w) + i] = f(f(f32[word(w) + i]! * kept) - f(rate * f32[word(x) + i]!));
      }
    },
  };
}

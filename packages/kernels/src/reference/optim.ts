/** Naive twins: optimizer steps, PyTorch's formulas, every operation rounded to f32. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type Hyper6 = [number, number, number, number, number, number];
type Hyper8 = [...Hyper6, number, number];

export function optimTwins(views: Views): Pick<Kernels, 'sgd' | 'adam' | 'amsgrad' | 'limitRowNorms'> {
  return {
    sgd(w, g, m, n, hyper) {
      const { f32 } = views;
      const [lr, momentum, fresh, decay, nesterov, first] = f32.slice(
        word(hyper),
        word(hyper) + 6,
      ) as unknown as Hyper6;
      for (let i = 0; i < n; i++) {
        const weight = f32[word(w) + i]!;
        let grad = f32[word(g) + i]!;
        if (decay !== 0) grad = f(grad + f(decay * weight));
        if (momentum !== 0) {
          const kept = first !== 0 ? grad : f(f(momentum * f32[word(m) + i]!) + f(fresh * grad));
          f32[word(m) + i] = kept;
          grad = nesterov !== 0 ? f(grad + f(momentum * kept)) : kept;
        }
        f32[word(w) + i] = f(weight - f(lr * grad));
      }
    },
    adam(w, g, m, v, n, hyper) {
      const { f32 } = views;
      const [stepSize, fresh1, beta2, fresh2, eps, decay, kept, rootCorrection2] = f32.slice(
        word(hyper),
        word(hyper) + 8,
      ) as unknown as Hyper8;
      for (let i = 0; i < n; i++) {
        let weight = f32[word(w) + i]!;
        let grad = f32[word(g) + i]!;
        if (decay !== 0) grad = f(grad + f(decay * weight));
        weight = f(weight * kept);
        const mean = f(f32[word(m) + i]! + f(f(grad - f32[word(m) + i]!) * fresh1));
        const square = f(f(beta2 * f32[word(v) + i]!) + f(fresh2 * f(grad * grad)));
        const denominator = f(f(f(Math.sqrt(square)) / rootCorrection2) + eps);
        f32[word(m) + i] = mean;
        f32[word(v) + i] = square;
        f32[word(w) + i] = f(weight - f(f(stepSize * mean) / denominator));
      }
    },
    amsgrad(w, g, m, v, most, n, hyper) {
      const { f32 } = views;
      const [stepSize, fresh1, beta2, fresh2, eps, decay, kept, rootCorrection2] = f32.slice(
        word(hyper),
        word(hyper) + 8,
      ) as unknown as Hyper8;
      for (let i = 0; i < n; i++) {
        let weight = f32[word(w) + i]!;
        let grad = f32[word(g) + i]!;
        if (decay !== 0) grad = f(grad + f(decay * weight));
        weight = f(weight * kept);
        const mean = f(f32[word(m) + i]! + f(f(grad - f32[word(m) + i]!) * fresh1));
        const square = f(f(beta2 * f32[word(v) + i]!) + f(fresh2 * f(grad * grad)));
        const largest = Math.max(f32[word(most) + i]!, square);
        const denominator = f(f(f(Math.sqrt(largest)) / rootCorrection2) + eps);
        f32[word(m) + i] = mean;
        f32[word(v) + i] = square;
        f32[word(most) + i] = largest;
        f32[word(w) + i] = f(weight - f(f(stepSize * mean) / denominator));
      }
    },
    limitRowNorms(w, rows, n, limit) {
      const { f32 } = views;
      for (let row = 0; row < rows; row++) {
        const values = f32.subarray(word(w) + row * n, word(w) + (row + 1) * n);
        const s = new Float32Array(8);
        values.forEach((value, i) => {
          s[i % 8] = s[i % 8]! + f(value * value);
        });
        const four = [0, 1, 2, 3].map((lane) => f(s[lane]! + s[lane + 4]!)) as [number, number, number, number];
        const norm = f(Math.sqrt(f(f(four[0] + four[2]) + f(four[1] + four[3]))));
        const most = f32[word(limit)]!;
        if (!(norm > most)) continue;
        const factor = f(most / f(norm + f(1e-7)));
        values.forEach((value, i) => {
          values[i] = value * factor;
        });
      }
    },
  };
}

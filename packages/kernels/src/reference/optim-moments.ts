/** Naive twins: optimizer steps with running means of g and of its size, every operation rounded to f32. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function momentTwins(views: Views): Pick<Kernels, 'nadam' | 'radam' | 'adamax' | 'lion'> {
  const at = (pointer: Pointer, i: number): number => views.f32[word(pointer) + i]!;
  const set = (pointer: Pointer, i: number, value: number): void => {
    views.f32[word(pointer) + i] = value;
  };
  const blend = (a: number, x: number, b: number, y: number): number => f(f(a * x) + f(b * y));
  const decayed = (grad: number, weight: number, decay: number): number =>
    decay === 0 ? grad : f(grad + f(decay * weight));
  return {
    nadam(w, g, m, v, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(7));
        const mean = blend(h(2), at(m, i), h(3), grad);
        const square = blend(h(4), at(v, i), h(5), f(grad * grad));
        const denominator = f(f(Math.sqrt(f(square / h(8)))) + h(6));
        const weight = f(at(w, i) - f(f(h(0) * grad) / denominator));
        set(m, i, mean);
        set(v, i, square);
        set(w, i, f(weight - f(f(h(1) * mean) / denominator)));
      }
    },
    radam(w, g, m, v, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(7));
        const mean = blend(h(2), at(m, i), h(3), grad);
        const square = blend(h(4), at(v, i), h(5), f(grad * grad));
        let step = f(h(0) * mean);
        if (h(1) !== 0) step = f(step / f(f(Math.sqrt(square)) + h(6)));
        set(m, i, mean);
        set(v, i, square);
        set(w, i, f(at(w, i) - step));
      }
    },
    adamax(w, g, m, u, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(5));
        const mean = blend(h(1), at(m, i), h(2), grad);
        const norm = Math.max(f(h(3) * at(u, i)), f(Math.abs(grad) + h(4)));
        set(m, i, mean);
        set(u, i, norm);
        set(w, i, f(at(w, i) - f(f(h(0) * mean) / norm)));
      }
    },
    lion(w, g, m, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const direction = blend(h(1), at(m, i), h(2), at(g, i));
        const down = direction > 0 ? h(0) : 0;
        const up = direction < 0 ? h(0) : 0;
        set(w, i, f(f(f(at(w, i) * h(5)) - down) + up));
        set(m, i, blend(h(3), at(m, i), h(4), at(g, i)));
      }
    },
  };
}

/** Naive twins: optimizer steps scaled by sums or running means of g², every operation rounded to f32. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function squareTwins(views: Views): Pick<Kernels, 'rmsprop' | 'adagrad' | 'adadelta'> {
  const at = (pointer: Pointer, i: number): number => views.f32[word(pointer) + i]!;
  const set = (pointer: Pointer, i: number, value: number): void => {
    views.f32[word(pointer) + i] = value;
  };
  const blend = (a: number, x: number, b: number, y: number): number => f(f(a * x) + f(b * y));
  const root = (x: number): number => f(Math.sqrt(x));
  const decayed = (grad: number, weight: number, decay: number): number =>
    decay === 0 ? grad : f(grad + f(decay * weight));
  return {
    rmsprop(w, g, v, a, b, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(4));
        const square = blend(h(1), at(v, i), h(2), f(grad * grad));
        let spread = square;
        if (a !== 0) {
          const mean = blend(h(1), at(a, i), h(2), grad);
          spread = f(square - f(mean * mean));
          set(a, i, mean);
        }
        const denominator = f(root(spread) + h(3));
        let step = f(f(h(0) * grad) / denominator);
        if (b !== 0) {
          const velocity = f(f(h(5) * at(b, i)) + f(grad / denominator));
          set(b, i, velocity);
          step = f(h(0) * velocity);
        }
        set(v, i, square);
        set(w, i, f(at(w, i) - step));
      }
    },
    adagrad(w, g, s, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(2));
        const sum = f(at(s, i) + f(grad * grad));
        set(s, i, sum);
        set(w, i, f(at(w, i) - f(f(h(0) * grad) / f(root(sum) + h(1)))));
      }
    },
    adadelta(w, g, v, d, n, hyper) {
      const h = (i: number): number => at(hyper, i);
      for (let i = 0; i < n; i++) {
        const grad = decayed(at(g, i), at(w, i), h(4));
        const square = blend(h(1), at(v, i), h(2), f(grad * grad));
        const ratio = f(root(f(at(d, i) + h(3))) / root(f(square + h(3))));
        const delta = f(ratio * grad);
        set(v, i, square);
        set(d, i, blend(h(1), at(d, i), h(2), f(delta * delta)));
        set(w, i, f(at(w, i) - f(h(0) * delta)));
      }
    },
  };
}

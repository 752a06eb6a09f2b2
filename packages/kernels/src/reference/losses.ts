/** Naive twins: elementwise losses, and the negative log-likelihood of class numbers. */
import { f32FromBits } from '../load.ts';
import { type Kernels, type Pointer, pairLossOps } from '../signatures.ts';
import { byNumber } from './elementwise.ts';
import { exp, log } from './math.ts';
import { logOneMinus, logOnePlus } from './math-activation.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type Loss = (x: number, t: number, a: number) => number;

const losses: Record<keyof typeof pairLossOps, Loss> = {
  bce: (x, t) => f(f(f(t - 1) * Math.max(logOneMinus(x), -100)) - f(t * Math.max(log(x), -100))),
  bceWithLogits(x, t) {
    const [miss, hit] = [f(f(1 - t) * Math.max(x, 0)), f(t * Math.max(-x, 0))];
    return f(f(miss + hit) + logOnePlus(exp(-Math.abs(x))));
  },
  smoothL1(x, t, beta) {
    const d = Math.abs(f(x - t));
    return d < beta ? f(f(0.5 * f(d * d)) / beta) : f(d - f(0.5 * beta));
  },
  huber(x, t, delta) {
    const d = Math.abs(f(x - t));
    return d <= delta ? f(0.5 * f(d * d)) : f(delta * f(d - f(0.5 * delta)));
  },
};

const gradients: Record<keyof typeof pairLossOps, (dy: number, ...of: Parameters<Loss>) => number> = {
  bce: (dy, x, t) => f(f(dy * f(x - t)) / Math.max(f(f(1 - x) * x), f(1e-12))),
  bceWithLogits(dy, x, t) {
    const e = exp(-Math.abs(x));
    const [near, far] = [f(1 / f(1 + e)), f(e / f(1 + e))];
    const [positive, negative] = x < 0 ? [far, near] : [near, far];
    return f(dy * f(f(f(1 - t) * positive) - f(t * negative)));
  },
  smoothL1(dy, x, t, beta) {
    const d = f(x - t);
    if (d >= beta) return dy;
    return d <= -beta ? -dy : f(dy * f(d / beta));
  },
  huber: (dy, x, t, delta) => f(dy * Math.min(Math.max(f(x - t), -delta), delta)),
};

const lossFunctions = byNumber(pairLossOps, losses);
const gradientFunctions = byNumber(pairLossOps, gradients);

type LossKernels = Pick<Kernels, 'pairLoss' | 'pairLossGrad' | 'nllLoss' | 'nllLossGrad' | 'targetWeights'>;

export function lossTwins(views: Views): LossKernels {
  /** The weight of row r's target: 0 where ignored, NaN where there is no such class. */
  const weightOf = (targets: Pointer, weight: Pointer, row: { r: number; n: number; ignored: number }): number => {
    const target = views.i32[word(targets) + row.r]!;
    if (target === row.ignored) return 0;
    if (target < 0 || target >= row.n) return Number.NaN;
    return weight ? views.f32[word(weight) + target]! : 1;
  };
  return {
    pairLoss(op, x, t, out, n, parameter) {
      const { f32 } = views;
      for (let i = 0; i < n; i++) {
        f32[word(out) + i] = lossFunctions[op]!(f32[word(x) + i]!, f32[word(t) + i]!, f32FromBits(parameter));
      }
    },
    pairLossGrad(op, dy, x, t, dx, n, parameter) {
      const { f32 } = views;
      const a = f32FromBits(parameter);
      for (let i = 0; i < n; i++) {
        const [g, v, target] = [f32[word(dy) + i]!, f32[word(x) + i]!, f32[word(t) + i]!];
        f32[word(dx) + i] = gradientFunctions[op]!(g, v, target, a);
      }
    },
    targetWeights(targets, weight, out, rows, n, ignored) {
      for (let r = 0; r < rows; r++) views.f32[word(out) + r] = weightOf(targets, weight, { r, n, ignored });
    },
    nllLoss(x, targets, weight, loss, rows, n, ignored) {
      const { f32, i32 } = views;
      for (let r = 0; r < rows; r++) {
        const target = i32[word(targets) + r]!;
        const value = target >= 0 && target < n ? f32[word(x) + r * n + target]! : 0;
        f32[word(loss) + r] = target === ignored ? 0 : -(weightOf(targets, weight, { r, n, ignored }) * value);
      }
    },
    nllLossGrad(dloss, targets, weight, dx, rows, n, ignored) {
      const { f32, i32 } = views;
      f32.fill(0, word(dx), word(dx) + rows * n);
      for (let r = 0; r < rows; r++) {
        const target = i32[word(targets) + r]!;
        if (target === ignored || target < 0 || target >= n) continue;
        f32[word(dx) + r * n + target] = -(weightOf(targets, weight, { r, n, ignored }) * f32[word(dloss) + r]!);
      }
    },
  };
}

/** Naive twins: activations with parameters and their gradients. */
import { f32FromBits } from '../load.ts';
import { activationOps, type Kernels } from '../signatures.ts';
import { byNumber } from './elementwise.ts';
import { exp, sigmoid, tanh, tanhTail } from './math.ts';
import { expMinusOne, gaussian, logOnePlus, tail } from './math-activation.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type Activation = (x: number, a: number, b: number) => number;
type Gradient = (dy: number, x: number, a: number, b: number) => number;

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const ramp = (x: number): number => clamp(f(x + 3), 0, 6);

/** Φ(x), with a = min(|x|, 16) and e = gaussian(a). */
function normalDistribution(x: number, a: number, e: number): number {
  const q = f(e * tail(a));
  return x < 0 ? q : f(1 - q);
}

/** tanh(log(1 + e^x)) as numerator and denominator, from e = e^−|x|. */
function mishParts(x: number, e: number): { n: number; d: number } {
  const n = x < 0 ? f(e * f(e + 2)) : f(1 + f(e + e));
  return { n, d: f(n + (x < 0 ? 2 : f(2 * f(e * e)))) };
}

const [inner1, inner3] = [f(1.5957691216), f(0.071354816272)];
const geluTanhInner = (x: number): number => f(x * f(inner1 + f(inner3 * f(x * x))));

const activations: Record<keyof typeof activationOps, Activation> = {
  leakyRelu: (x, a) => (x > 0 ? x : f(x * a)),
  elu: (x, a) => (x > 0 ? x : f(expMinusOne(x) * a)),
  gelu(x) {
    const a = Math.min(Math.abs(x), 16);
    return f(x * normalDistribution(x, a, gaussian(a)));
  },
  geluTanh: (x) => f(x * sigmoid(geluTanhInner(x))),
  silu: (x) => f(x * sigmoid(x)),
  mish(x) {
    const { n, d } = mishParts(x, exp(-Math.abs(x)));
    return f(x * f(n / d));
  },
  softplus(x, beta, threshold) {
    const u = f(x * beta);
    if (u > threshold) return x;
    return f(f(Math.max(u, 0) + logOnePlus(exp(-Math.abs(u)))) / beta);
  },
  hardswish: (x) => f(f(x * ramp(x)) / 6),
  hardsigmoid: (x) => f(ramp(x) / 6),
  hardtanh: (x, a, b) => clamp(x, a, b),
  softshrink: (x, a) => f(x - clamp(x, -a, a)),
  hardshrink: (x, a) => (x >= -a && x <= a ? 0 : x),
  threshold: (x, a, b) => (x <= a ? b : x),
  tanhshrink: (x) => (Math.abs(x) < 0.625 ? -f(tanhTail(f(x * x)) * x) : f(x - tanh(x))),
  softsign: (x) => f(x / f(1 + Math.abs(x))),
  logsigmoid: (x) => f(Math.min(x, 0) - logOnePlus(exp(-Math.abs(x)))),
};

/** dy within the shrinking interval is lost. */
const shrinkGradient: Gradient = (dy, x, a) => (x >= -a && x <= a ? 0 : dy);

const gradients: Record<keyof typeof activationOps, Gradient> = {
  leakyRelu: (dy, x, a) => (x > 0 ? dy : f(dy * a)),
  elu: (dy, x, a) => (x > 0 ? dy : f(dy * f(exp(x) * a))),
  gelu(dy, x) {
    const c = clamp(x, -16, 16);
    const e = gaussian(Math.abs(c));
    return f(dy * f(normalDistribution(c, Math.abs(c), e) + f(c * f(e * f(0.398942280401)))));
  },
  geluTanh(dy, x) {
    const c = clamp(x, -16, 16);
    const s = sigmoid(geluTanhInner(c));
    const slope = f(inner1 + f(f(0.214064448816) * f(c * c)));
    return f(dy * f(s * f(1 + f(f(c * slope) * f(1 - s)))));
  },
  silu(dy, x) {
    const c = clamp(x, -104, 104);
    const s = sigmoid(c);
    return f(dy * f(s * f(1 + f(c * f(1 - s)))));
  },
  mish(dy, x) {
    const c = clamp(x, -104, 104);
    const e = exp(-Math.abs(c));
    const { n, d } = mishParts(x, e);
    const part = f(f(4 * e) * f(f(1 + e) * (x < 0 ? 1 : e)));
    return f(dy * f(f(n + f(f(c * part) / d)) / d));
  },
  softplus: (dy, x, beta, threshold) => (f(x * beta) > threshold ? dy : f(dy * sigmoid(f(x * beta)))),
  hardswish: (dy, x) => (x > 3 ? dy : x < -3 ? 0 : f(dy * f(f(x / 3) + 0.5))),
  hardsigmoid: (dy, x) => (x > -3 && x < 3 ? f(dy / 6) : 0),
  hardtanh: (dy, x, a, b) => (x <= a || x >= b ? 0 : dy),
  softshrink: shrinkGradient,
  hardshrink: shrinkGradient,
  threshold: (dy, x, a) => (x <= a ? 0 : dy),
  tanhshrink: (dy, x) => f(dy * f(tanh(x) * tanh(x))),
  softsign(dy, x) {
    const d = f(1 + Math.abs(x));
    return f(dy / f(d * d));
  },
  logsigmoid: (dy, x) => f(dy * sigmoid(-x)),
};

const activationFunctions = byNumber(activationOps, activations);
const gradientFunctions = byNumber(activationOps, gradients);

type ActivationKernels = Pick<Kernels, 'activation' | 'activationGrad' | 'prelu' | 'preluGrad' | 'preluGradSums'>;

export function activationTwins(views: Views): ActivationKernels {
  /** Calls `visit` with the element's place and its channel's, row by row. */
  const each = (
    shape: { rows: number; channels: number; inner: number },
    visit: (at: number, channel: number) => void,
  ) => {
    const { rows, channels, inner } = shape;
    for (let at = 0; at < rows * channels * inner; at++) visit(at, Math.floor(at / inner) % channels);
  };
  return {
    activation(op, x, out, n, first, second) {
      const [a, b] = [f32FromBits(first), f32FromBits(second)];
      const { f32 } = views;
      for (let i = 0; i < n; i++) f32[word(out) + i] = activationFunctions[op]!(f32[word(x) + i]!, a, b);
    },
    activationGrad(op, dy, x, dx, n, first, second) {
      const [a, b] = [f32FromBits(first), f32FromBits(second)];
      const { f32 } = views;
      for (let i = 0; i < n; i++) {
        f32[word(dx) + i] = gradientFunctions[op]!(f32[word(dy) + i]!, f32[word(x) + i]!, a, b);
      }
    },
    prelu(x, slope, out, rows, channels, inner) {
      const { f32 } = views;
      each({ rows, channels, inner }, (at, c) => {
        const v = f32[word(x) + at]!;
        f32[word(out) + at] = v > 0 ? v : v * f32[word(slope) + c]!;
      });
    },
    preluGrad(dy, x, slope, dx, rows, channels, inner) {
      const { f32 } = views;
      each({ rows, channels, inner }, (at, c) => {
        const g = f32[word(dy) + at]!;
        f32[word(dx) + at] = f32[word(x) + at]! > 0 ? g : g * f32[word(slope) + c]!;
      });
    },
    preluGradSums(dy, x, out, samples, rows, channels, inner) {
      const { f32 } = views;
      const size = rows * channels * inner;
      for (let s = 0; s < samples; s++) {
        const sums = new Float64Array(channels);
        each({ rows, channels, inner }, (at, c) => {
          const v = f32[word(x) + s * size + at]!;
          if (!(v > 0)) sums[c]! += f32[word(dy) + s * size + at]! * v; // the product is exact in f64
        });
        f32.set(sums, word(out) + s * channels);
      }
    },
  };
}

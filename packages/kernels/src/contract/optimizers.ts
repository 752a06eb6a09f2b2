/** The contract of the kernels: optimizers, clipping and averages. Conventions stand in `signatures.ts`. */
import type { Pointer } from '../words.ts';

export interface OptimizersKernels {
  // ── optimizers (PyTorch's formulas). `hyper` points at f32 words, each rounded once from the coordinator's f64 ────────────────
  /**
   * hyper: lr, momentum, 1 − dampening, weightDecay, nesterov (0/1), first (1 on the first step). g += weightDecay·w;
   * m = first ? g : momentum·m + (1 − dampening)·g; w −= lr·(nesterov ? g + momentum·m : m). m may be null when momentum = 0.
   */
  sgd(w: Pointer, g: Pointer, m: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: lr/biasCorrection1, 1 − beta1, beta2, 1 − beta2, eps, decay added to the gradient (Adam), factor kept of the weight (AdamW:
   * 1 − lr·weightDecay, else 1), √biasCorrection2. g += decay·w; w = w·kept; m += (g − m)(1 − beta1); v = beta2·v + (1 − beta2)·g²;
   * w −= (lr/bc1)·m / (√v/√bc2 + eps).
   */
  adam(w: Pointer, g: Pointer, m: Pointer, v: Pointer, n: number, hyper: Pointer): void;
  /** `adam` with the largest v so far in the denominator: most = max(most, v); w −= (lr/bc1)·m / (√most/√bc2 + eps). */
  amsgrad(w: Pointer, g: Pointer, m: Pointer, v: Pointer, most: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: rate of g, rate of m, beta1, 1 − beta1, beta2, 1 − beta2, eps, decay, 1 − beta2ᵗ. g += decay·w; m = beta1·m + (1 − beta1)·g;
   * v = beta2·v + (1 − beta2)·g²; d = √(v / (1 − beta2ᵗ)) + eps; w −= rate·g / d; w −= rate·m / d.
   */
  nadam(w: Pointer, g: Pointer, m: Pointer, v: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: rate, adaptive (0/1), beta1, 1 − beta1, beta2, 1 − beta2, eps, decay. g += decay·w; m and v as `nadam`;
   * w −= adaptive ? rate·m / (√v + eps) : rate·m.
   */
  radam(w: Pointer, g: Pointer, m: Pointer, v: Pointer, n: number, hyper: Pointer): void;
  /** hyper: rate, beta1, 1 − beta1, beta2, eps, decay. g += decay·w; m as `nadam`; u = max(beta2·u, |g| + eps); w −= rate·m / u. */
  adamax(w: Pointer, g: Pointer, m: Pointer, u: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: lr, beta1, 1 − beta1, beta2, 1 − beta2, kept. w = w·kept; c = beta1·m + (1 − beta1)·g; w −= c > 0 ? lr : 0; w += c < 0 ? lr : 0;
   * m = beta2·m + (1 − beta2)·g.
   */
  lion(w: Pointer, g: Pointer, m: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: lr, alpha, 1 − alpha, eps, decay, momentum. g += decay·w; v = alpha·v + (1 − alpha)·g²; unless a is null
   * a = alpha·a + (1 − alpha)·g and d = √(v − a²) + eps, else d = √v + eps; unless b is null b = momentum·b + g / d and w −= lr·b, else
   * w −= lr·g / d.
   */
  rmsprop(w: Pointer, g: Pointer, v: Pointer, a: Pointer, b: Pointer, n: number, hyper: Pointer): void;
  /** hyper: rate, eps, decay. g += decay·w; s += g²; w −= rate·g / (√s + eps). */
  adagrad(w: Pointer, g: Pointer, s: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: lr, rho, 1 − rho, eps, decay. g += decay·w; v = rho·v + (1 − rho)·g²; c = √(d + eps) / √(v + eps) · g;
   * d = rho·d + (1 − rho)·c²; w −= lr·c.
   */
  adadelta(w: Pointer, g: Pointer, v: Pointer, d: Pointer, n: number, hyper: Pointer): void;
  /**
   * hyper: 1 − momentum, momentum, nesterov (0/1). out = m + (g − m)·(1 − momentum); with nesterov out = g + (out − g)·momentum. m is left as
   * it is: `average` with the same first word brings it up to date.
   */
  muonMomentum(g: Pointer, m: Pointer, out: Pointer, n: number, hyper: Pointer): void;
  /** hyper: rate, kept. w = w·kept; w −= rate·x. */
  muon(w: Pointer, x: Pointer, n: number, hyper: Pointer): void;
  /**
   * *out (f32) = Σ x² of n floats: squared and added in f64 in four interleaved sums s₀…s₃ (element i in s of i mod 4), then
   * (s₀ + s₂) + (s₁ + s₃), rounded once.
   */
  sumSquares(x: Pointer, n: number, out: Pointer): void;
  /** out[0] = norm = √Σ parts, the n sums added in f64 in their order; out[1] = min(*limit / (norm + 1e-6), 1), as clip_grad_norm_. */
  clipFactor(parts: Pointer, n: number, limit: Pointer, out: Pointer): void;
  /** *flag = NaN if one of the n floats is NaN or ±∞; otherwise it is left as it is. */
  flagNonFinite(x: Pointer, n: number, flag: Pointer): void;
  /** a += (w − a)·*weight (f32); a weight of 1 copies w, one of 0 leaves a as it is and reads nothing. */
  average(a: Pointer, w: Pointer, n: number, weight: Pointer): void;
  /**
   * Rows of n floats whose 2-norm exceeds *limit (f32) are scaled to it: w *= limit / (norm + 1e-7). The squares are summed in eight
   * interleaved sums s₀…s₇ (element i in s of i mod 8), then as ((s₀ + s₄) + (s₂ + s₆)) + ((s₁ + s₅) + (s₃ + s₇)).
   */
  limitRowNorms(w: Pointer, rows: number, n: number, limit: Pointer): void;
}

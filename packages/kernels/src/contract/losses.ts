/** The contract of the kernels: softmax, losses and what evaluations count. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface LossesKernels {
  // ── softmax and losses over rows of n contiguous floats ───────────────────────────────────────────────────────────────
  /** out = exp(x − max) ÷ Σ exp(x − max). */
  softmax(x: Pointer, out: Pointer, rows: number, n: number): void;
  /** out = (x − max) − log Σ exp(x − max). */
  logSoftmax(x: Pointer, out: Pointer, rows: number, n: number): void;
  /** dx = (dy − Σ dy·y) · y. */
  softmaxGrad(dy: Pointer, y: Pointer, dx: Pointer, rows: number, n: number): void;
  /** dx = dy − exp(y) · Σ dy. */
  logSoftmaxGrad(dy: Pointer, y: Pointer, dx: Pointer, rows: number, n: number): void;
  /** loss[r] = log Σ exp(x[r] − max) − (x[r][target] − max); targets i32. */
  crossEntropy(x: Pointer, targets: Pointer, loss: Pointer, rows: number, n: number): void;
  /** dx[r][j] = (softmax(x[r])[j] − (j = target ? 1 : 0)) · dloss[r]. */
  crossEntropyGrad(x: Pointer, targets: Pointer, dloss: Pointer, dx: Pointer, rows: number, n: number): void;
  /** out[r] = 1 if argMax(x[r]) = targets[r], else 0. */
  correct(x: Pointer, targets: Pointer, out: Pointer, rows: number, n: number): void;

  // ── evaluation ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * out[r] = 1 if the target's score x[r][target] is among the k first in descending order, else 0; of equal scores the lower class comes
   * first, NaN before all numbers.
   */
  topKCorrect(x: Pointer, targets: Pointer, out: Pointer, rows: number, n: number, k: number): void;
  /** counts[targets[r]][argMax(x[r])] += 1; i32 [n][n]. */
  confusionCounts(x: Pointer, targets: Pointer, counts: Pointer, rows: number, n: number): void;
  /** Copies `bytes` bytes to out + *step · stepBytes; `step` points at a u32. */
  storeBatch(x: Pointer, out: Pointer, bytes: number, step: Pointer, stepBytes: number): void;

  // ── losses ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** out[i] = op(x[i], t[i]; a), i < n. `pairLossOps` says what the operations are. */
  pairLoss(op: number, x: Pointer, t: Pointer, out: Pointer, n: number, a: F32Bits): void;
  /** dx[i] = dy[i] · ∂op/∂x(x[i], t[i]; a), i < n. */
  pairLossGrad(op: number, dy: Pointer, x: Pointer, t: Pointer, dx: Pointer, n: number, a: F32Bits): void;
  // Of rows of n classes with an i32 target each. Rows of the target `ignored` count as +0; a target outside [0, n) gives NaN and no
  // gradient. weight: f32[n], or 0 (null): 1 for every class.
  /** loss[r] = −(weight[target] · x[r][target]). */
  nllLoss(x: Pointer, targets: Pointer, weight: Pointer, loss: Pointer, rows: number, n: number, ignored: number): void;
  /** dx[r][j] = j = target ? −(weight[target] · dloss[r]) : +0. */
  nllLossGrad(
    dloss: Pointer,
    targets: Pointer,
    weight: Pointer,
    dx: Pointer,
    rows: number,
    n: number,
    ignored: number,
  ): void;
  /** out[r] = weight[target]. */
  targetWeights(targets: Pointer, weight: Pointer, out: Pointer, rows: number, n: number, ignored: number): void;
  // Connectionist temporal classification (Graves et al. 2006). x: log-probabilities [samples][time][classes]; targets i32
  // [samples][longest], of which `lengths` count (i32 [samples]); `steps` i32 [samples] are the times that count. With the states
  // l₀…l₂ₗ = blank, target, blank, …, blank: α₀(s) = x₀[lₛ] for s < 2, αₜ(s) = xₜ[lₛ] + log Σ exp αₜ₋₁(s, s − 1, and s − 2 where lₛ₋₂ ≠ lₛ), β the
  // same from the end. α and β are f64: m + f64(log Σ exp f32(· − m)) with m the largest, the sum in that order, exp and log in f32.
  /**
   * loss = −log Σ exp α(the last two states) at the last time; without times 0 or, with a target, +∞. zeroInfinity = 1: +∞ becomes +0.
   * Lengths and labels out of range give NaN. `scratch`: 16·(2·longest + 1) bytes.
   */
  ctcLoss(
    x: Pointer,
    targets: Pointer,
    steps: Pointer,
    lengths: Pointer,
    loss: Pointer,
    samples: number,
    time: number,
    classes: number,
    longest: number,
    blank: number,
    zeroInfinity: number,
    scratch: Pointer,
  ): void;
  /**
   * dx[t][c] = (exp xₜ[c] − Σ exp(αₜ(s) + βₜ(s) + loss − xₜ[c])) · dloss over the states s of label c, ascending: the gradient to what a
   * log-softmax made x from (PyTorch's). +0 at times that do not count, and for samples of NaN or, with zeroInfinity, of +∞.
   * `scratch`: 8·(time + 2)·(2·longest + 1) bytes.
   */
  ctcLossGrad(
    dloss: Pointer,
    x: Pointer,
    targets: Pointer,
    steps: Pointer,
    lengths: Pointer,
    dx: Pointer,
    samples: number,
    time: number,
    classes: number,
    longest: number,
    blank: number,
    zeroInfinity: number,
    scratch: Pointer,
  ): void;
}

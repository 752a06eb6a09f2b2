/** The contract of the kernels: normalisation by batch, row and group. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface NormalisationKernels {
  // ── batch normalisation (Ioffe & Szegedy 2015) on channels-last rows of n contiguous floats, one row a pixel ─────────────────
  // A sample holds `rows` rows. Sums over a sample run in f64, rows ascending; sums over the batch in f64, samples ascending. So the
  // statistics are the same however samples are cut into calls. `statistics`: rows [mean][1/√(variance + eps)][unbiased variance].
  // `y` is the result where a ReLU followed: dy counts as +0 unless y > 0. y = 0 (null): no ReLU.
  /**
   * out[s][0][c] = mean, out[s][1][c] = Σ (x − mean)² of each sample: with k = x[s][0][c], d = x[s][r][c] − k, S = Σ d, Q = Σ d² (all f64):
   * f32(k + S ÷ rows) and f32(max(Q − S·(S ÷ rows), 0)).
   */
  batchNormMoments(x: Pointer, samples: number, rows: number, n: number, out: Pointer): void;
  /**
   * Channels [first, first + count) of `statistics` from the moments of all samples, in f64: m = Σ mean[s] ÷ samples,
   * M = Σ M2[s] + rows · Σ (mean[s] − m)², N = samples · rows; out[0][c] = m, out[1][c] = 1 ÷ √(M ÷ N + eps), out[2][c] = M ÷ max(1, N − 1).
   */
  batchNormStatistics(
    moments: Pointer,
    samples: number,
    rows: number,
    n: number,
    first: number,
    count: number,
    eps: F32Bits,
    out: Pointer,
  ): void;
  /** out = (x − mean) · (invstd · gamma) + beta; with relu = 1 then max(out, +0), NaN stays. `tmp`: 16·⌈n/4⌉ bytes of scratch. */
  batchNorm(
    x: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    beta: Pointer,
    out: Pointer,
    rows: number,
    n: number,
    relu: number,
    tmp: Pointer,
  ): void;
  /**
   * In place: counter (i32) += 1; with f = momentum, or 1 ÷ counter if cumulative = 1: mean = f · statistics[0] + (1 − f) · mean and
   * variance = f · statistics[2] + (1 − f) · variance, in f64, rounded once.
   */
  batchNormRunning(
    statistics: Pointer,
    mean: Pointer,
    variance: Pointer,
    counter: Pointer,
    n: number,
    momentum: F32Bits,
    cumulative: number,
  ): void;
  /** out[s][0][c] = Σ dy, out[s][1][c] = f32(Σ f64(dy · (x − mean)) · invstd), the differences and products in f32. */
  batchNormGradSums(
    dy: Pointer,
    x: Pointer,
    y: Pointer,
    statistics: Pointer,
    samples: number,
    rows: number,
    n: number,
    out: Pointer,
  ): void;
  /**
   * dx = ((dy − f32(sums[0] ÷ count)) − (x − mean) · f32(sums[1] · invstd ÷ count)) · (invstd · gamma), with `sums` = the batch's totals
   * [2][n] and `count` its rows. sums = 0 (null), for statistics that do not depend on x: dx = dy · (invstd · gamma).
   * `tmp`: 48·⌈n/4⌉ bytes of scratch.
   */
  batchNormGrad(
    dy: Pointer,
    x: Pointer,
    y: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    sums: Pointer,
    dx: Pointer,
    rows: number,
    n: number,
    count: number,
    tmp: Pointer,
  ): void;
  // ── normalisation of contiguous rows of n floats (Ba et al. 2016; centred = 0: by the root of the mean square, Zhang & Sennrich 2019) ──
  // `statistics`: f32 [rows][2], mean (0 unless centred) and 1/√(variance + eps). x̂ = (x − mean) · invstd in f32. Sums over a row run in
  // f64, element i in the sum s of i mod 8, from +0, i ascending, then ((s₀ + s₄) + (s₂ + s₆)) + ((s₁ + s₅) + (s₃ + s₇)).
  /** mean = Σ x ÷ n, variance = Σ (x − mean)² ÷ n about the unrounded mean, each of both results rounded to f32 once. */
  layerNormStatistics(x: Pointer, rows: number, n: number, eps: F32Bits, centred: number, out: Pointer): void;
  /** out = x̂ · gamma + beta; gamma = 0 (null) and beta = 0 (null) leave their operation out. */
  layerNorm(
    x: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    beta: Pointer,
    out: Pointer,
    rows: number,
    n: number,
  ): void;
  /**
   * With g = dy · gamma (dy where gamma is null), A = f32(Σ g ÷ n) (0 unless centred) and B = f32(Σ f32(g · x̂) ÷ n):
   * dx = ((g − A) − x̂ · B) · invstd.
   */
  layerNormGrad(
    dy: Pointer,
    x: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    dx: Pointer,
    rows: number,
    n: number,
    centred: number,
  ): void;
  /**
   * Columns [first, first + count) of out [2][n]: out[0][j] = Σ_r dy[r][j], out[1][j] = Σ_r f32(dy[r][j] · x̂[r][j]), r ascending in f64
   * from 0. sums: f64, 64 bytes for every four columns, the sums of the first row, then of the second (of columns beyond
   * count unspecified); if `continued` they start with those.
   */
  layerNormGradWeight(
    dy: Pointer,
    x: Pointer,
    statistics: Pointer,
    rows: number,
    n: number,
    first: number,
    count: number,
    out: Pointer,
    sums: Pointer,
    continued: number,
  ): void;

  // ── normalisation of groups of channels of each sample (Wu & He 2018), on channels-last rows of n floats, one row a pixel ─────────
  // `statistics`: f32 [samples][2][n], mean and 1/√(variance + eps) of the group of each channel; n / groups neighbours are a group.
  /**
   * From the moments that `batchNormMoments` wrote, in f64, channels ascending, w = n ÷ groups: m = Σ mean[c] ÷ w,
   * M = Σ M2[c] + rows · Σ (mean[c] − m)²; out[s][0][c] = m, out[s][1][c] = 1 ÷ √(M ÷ (rows · w) + eps).
   */
  groupNormStatistics(
    moments: Pointer,
    samples: number,
    rows: number,
    n: number,
    groups: number,
    eps: F32Bits,
    out: Pointer,
  ): void;
  /** out = (x − mean) · (invstd · gamma) + beta, each sample by its own statistics. `tmp`: 16·⌈n/4⌉ bytes of scratch. */
  groupNorm(
    x: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    beta: Pointer,
    out: Pointer,
    samples: number,
    rows: number,
    n: number,
    tmp: Pointer,
  ): void;
  /** The sums of `batchNormGradSums`, each sample by its own statistics. */
  groupNormGradSums(
    dy: Pointer,
    x: Pointer,
    statistics: Pointer,
    samples: number,
    rows: number,
    n: number,
    out: Pointer,
  ): void;
  /**
   * With A = Σ gamma[c] · sums[s][0][c] ÷ (rows · w) and B = Σ gamma[c] · sums[s][1][c] ÷ (rows · w) over the channels of a group, ascending
   * in f64: dx = (dy · (invstd · gamma) − f32(invstd · A)) − (x − mean) · f32(invstd · invstd · B). `tmp`: 48·⌈n/4⌉ bytes of scratch.
   */
  groupNormGrad(
    dy: Pointer,
    x: Pointer,
    statistics: Pointer,
    gamma: Pointer,
    sums: Pointer,
    dx: Pointer,
    samples: number,
    rows: number,
    n: number,
    groups: number,
    tmp: Pointer,
  ): void;
}

/** The contract of the kernels: sums, running results and order along an axis. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface ReductionsKernels {
  // ── reductions over the middle axis of [outer, length, inner]; results i = o·inner + j for i in [start, start + count) ─
  /** out[i − start] = f32(f64(scale) · Σ_l f64(x[o][l][j])), l ascending in f64. */
  reduceSum(
    x: Pointer,
    out: Pointer,
    length: number,
    inner: number,
    start: number,
    count: number,
    scale: F32Bits,
  ): void;
  /** out[i − start] = Π_l x[o][l][j], l ascending in f64, rounded once. */
  reduceProd(x: Pointer, out: Pointer, length: number, inner: number, start: number, count: number): void;
  /** out[i − start] = max_l x[o][l][j]; NaN if any is NaN. length ≥ 1. */
  reduceMax(x: Pointer, out: Pointer, length: number, inner: number, start: number, count: number): void;
  /** i32 out[i − start] = the first l with the largest x[o][l][j] (NaN counts as largest). */
  argMax(x: Pointer, out: Pointer, length: number, inner: number, start: number, count: number): void;
  /** out[j] = Σ_r x[r][j] for r < rows, j < n: sums of 256 consecutive rows each (from +0, r ascending), added in order from +0, or if `continued` from out[j]. */
  sumRows(x: Pointer, rowStride: number, rows: number, n: number, out: Pointer, continued: number): void;

  // ── statistics over passes ────────────────────────────────────────────────────────────────────────────────────────
  /**
   * One more observation x of n numbers whose mean and sum of squared deviations are kept (Welford 1962). `at`: u32[2] = c observations
   * so far, row r; the state of x[i] is mean[r·width + i] and m2[r·width + i]. With d = x − mean: mean += d ÷ f32(c + 1), then
   * m2 += d · (x − mean); for c = 0, mean = x and m2 = +0 whatever they were. m2 may be null.
   */
  welford(x: Pointer, mean: Pointer, m2: Pointer, n: number, width: number, at: Pointer): void;

  // ── order and running results over rows of n contiguous floats ────────────────────────────────────────────────────────
  /** out[i] = Σ x[l] over l ≤ i, ascending; backwards = 1: over l ≥ i, descending. In f64, each sum rounded once. In place allowed. */
  cumulativeSum(x: Pointer, out: Pointer, rows: number, n: number, backwards: number): void;
  /** out[i] = Π x[l] over l ≤ i, ascending in f64, each product rounded once. In place allowed. */
  cumulativeProduct(x: Pointer, out: Pointer, rows: number, n: number): void;
  /**
   * dx[i] = P · f32(S) with P = Π x[l] over l < i (ascending) and S = Σ over j ≥ i of dy[j] · Π x[l] over i < l ≤ j, as
   * S[i] = dy[i] + x[i + 1] · S[i + 1] from the end, in f64.
   */
  cumulativeProductGrad(dy: Pointer, x: Pointer, dx: Pointer, rows: number, n: number): void;
  /** i32 out: the positions 0…n − 1 in ascending (descending = 1: descending) order of x, equal ones in place; NaN is largest. `tmp`: 4n bytes. */
  argSort(x: Pointer, out: Pointer, rows: number, n: number, descending: number, tmp: Pointer): void;
}

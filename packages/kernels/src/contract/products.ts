/** The contract of the kernels: matrix products, dense and skipping zeros. Conventions stand in `signatures.ts`. */
import type { Pointer } from '../words.ts';

export interface ProductsKernels {
  // ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /**
   * Packs a matrix [k1·k2, n] into panels of 16 columns: for panel p and lane l with j = 16p + l,
   * out[p·outPanelStride + i1·outK1Stride + i2·64 + 4l] = src[i1·k1Stride + i2·k2Stride + j·nStride], and +0 where j ≥ n.
   */
  packPanels(
    src: Pointer,
    out: Pointer,
    k1: number,
    k1Stride: number,
    k2: number,
    k2Stride: number,
    n: number,
    nStride: number,
    outK1Stride: number,
    outPanelStride: number,
  ): void;
  /** The inverse for ONE panel of n ≤ 16 columns [k1][k2][16]: out[i1·k1Stride + i2·k2Stride + l·nStride] = src[(i1·k2 + i2)·64 + 4l], l < n. */
  unpackPanel(
    src: Pointer,
    out: Pointer,
    k1: number,
    k1Stride: number,
    k2: number,
    k2Stride: number,
    n: number,
    nStride: number,
  ): void;
  /**
   * out[r][j] = (Σ_{k ascending} x[r][k] · w[k][j]) + bias[j] for r < rows, j < n. w in panels of 16 columns (panel stride k·64).
   * Rows of x and out are xRowStride and outRowStride apart, their elements contiguous. The sum starts at +0; bias = 0 (null) adds
   * nothing. `tmp`: 256 bytes of scratch.
   */
  gemmRows(
    x: Pointer,
    xRowStride: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    outRowStride: number,
    rows: number,
    k: number,
    n: number,
    tmp: Pointer,
  ): void;
  /**
   * Indirect convolution (channels-last): for sample s, output row r (a pixel), column j:
   * out[s][r][j] = (Σ_t Σ_k x[s][table[r][t]][k] · w[t·k + k][j]) + bias[j], t then k ascending, from +0.
   * `table`: i32 [rows][taps], byte offsets from the sample's start, −1 = padding, which contributes x = +0 (read from `zeros`, k floats).
   * w in panels of 16 columns (panel stride taps·k·64). `tmp`: 256 bytes of scratch.
   */
  convRows(
    x: Pointer,
    xSampleStride: number,
    table: Pointer,
    taps: number,
    k: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    outSampleStride: number,
    outRowStride: number,
    samples: number,
    rows: number,
    n: number,
    zeros: Pointer,
    tmp: Pointer,
  ): void;
  /**
   * Outer products over rows, the gradient of weights, for ONE panel of n ≤ 16 columns:
   * out[t][k][l] = Σ x[s][table[r][t]][k] · dy[s][r][l] over s then r ascending, rows whose table entry is −1 left out. The sum of each
   * chunk of `chunkSamples` consecutive samples starts at +0; chunk sums are added in order, starting from +0, or if `continued` from what
   * out holds. Lanes l ≥ n of out are unspecified. out: [taps][k][16]. Table as in `convRows`.
   */
  outerRows(
    x: Pointer,
    xSampleStride: number,
    table: Pointer,
    taps: number,
    k: number,
    dy: Pointer,
    dySampleStride: number,
    dyRowStride: number,
    samples: number,
    rows: number,
    n: number,
    chunkSamples: number,
    out: Pointer,
    continued: number,
  ): void;

  // ── products that skip exact zeros. `lists` is scratch of sparseListBytes(rows, length) bytes ────────────────────────────
  // They give the bits of their dense counterparts: a sum that starts at +0 never becomes −0, so adding ±0 changes nothing. That
  // holds where the other factor is finite. If it is not, its product with a skipped zero may count as NaN (as in the dense kernel)
  // or not at all; its product with a nonzero element always leaves a result that is not finite (NaN or an infinity).
  /**
   * The result of `gemmRows`, elements of x that are ±0 left out. If more than 55 % of x are nonzero, the call computes the dense
   * product; where w is not finite, results may therefore depend on how rows are cut into calls. `lists`: sparseListBytes(rows, k).
   */
  gemmRowsSparse(
    x: Pointer,
    xRowStride: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    outRowStride: number,
    rows: number,
    k: number,
    n: number,
    lists: Pointer,
  ): void;
  /**
   * The result of `convRows`, elements of x that are ±0 left out. A sample of x holds xRows contiguous rows of k floats; `table`: i32
   * [rows][taps], numbers of those rows (not bytes), −1 = padding, which contributes nothing. `lists`: sparseListBytes(xRows, k).
   */
  convRowsSparse(
    x: Pointer,
    xSampleStride: number,
    xRows: number,
    table: Pointer,
    taps: number,
    k: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    outSampleStride: number,
    outRowStride: number,
    samples: number,
    rows: number,
    n: number,
    lists: Pointer,
  ): void;
  /**
   * The sums of `outerRows`, elements of dy that are ±0 left out, for any n columns, the columns outermost and without padding:
   * the float i of out + l·outColumnStride + t·k·4 is Σ x[s][rowOffsets[r] + tapOffsets[t]][i] · dy[s][r][l], over s then r, in the
   * chunks of `outerRows`. rowOffsets: i32 [rows], tapOffsets: i32 [taps], in bytes, ≥ 0. Exactly taps·k floats of each column are written.
   * Taps that are neighbours in x may be merged (taps / m taps of m·k floats): the same result, faster for small k.
   * A linear layer has rows = 1 and one tap. `lists`: sparseListBytes(n + 19, min(chunkSamples, samples)·rows).
   */
  outerRowsSparse(
    x: Pointer,
    xSampleStride: number,
    rowOffsets: Pointer,
    tapOffsets: Pointer,
    taps: number,
    k: number,
    dy: Pointer,
    dySampleStride: number,
    dyRowStride: number,
    samples: number,
    rows: number,
    n: number,
    chunkSamples: number,
    out: Pointer,
    outColumnStride: number,
    lists: Pointer,
    continued: number,
  ): void;
}

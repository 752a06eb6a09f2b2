/** The contract of the kernels: elements by number, pixels by map, rows of tables. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface IndexingKernels {
  // ── elements by number along the middle axis of [outer, length, inner]. Element (o, l, j) has its number, i32, at ─────────
  // index[o·indexOuter + l·indexLength + j·indexInner]. 4-byte elements.
  /** For i = (o·length + l)·inner + j in [start, start + count): out[i − start] = x[o][number][j] of x [outer, xLength, inner]; NaN where there is none. */
  gatherAxis(
    x: Pointer,
    index: Pointer,
    out: Pointer,
    xLength: number,
    length: number,
    inner: number,
    indexOuter: number,
    indexLength: number,
    indexInner: number,
    start: number,
    count: number,
  ): void;
  /**
   * For columns o·inner + j in [start, start + count): out[o][·][j] = x[o][·][j] (x = 0, null: +0), then for l ascending
   * out[o][number][j] = or += src[o][l][j] (`scatterOps`), nothing where the number is not in [0, outLength).
   */
  scatterAxis(
    op: number,
    x: Pointer,
    index: Pointer,
    src: Pointer,
    out: Pointer,
    outLength: number,
    length: number,
    inner: number,
    indexOuter: number,
    indexLength: number,
    indexInner: number,
    start: number,
    count: number,
  ): void;
  /**
   * Matrices [… , rows, columns], elements i in [start, start + count): out[i − start] = x[i − start] where column − row ≤ diagonal
   * (upper = 1: ≥ diagonal), else +0. In place allowed.
   */
  triangle(
    x: Pointer,
    out: Pointer,
    rows: number,
    columns: number,
    diagonal: number,
    upper: number,
    start: number,
    count: number,
  ): void;

  // ── maps between the pixels of channels-last images: `starts`: i32 [rows + 1]; entries [starts[r], starts[r + 1]) belong to output pixel r ─
  /**
   * out[s][r][c] = Σ_t x[s][offsets[t]][c] · weights[t], t ascending from the first product; `fill` where a pixel has no entries.
   * offsets: i32, bytes from the start of the sample. Samples of out are contiguous.
   */
  mapPixels(
    x: Pointer,
    xSampleStride: number,
    starts: Pointer,
    offsets: Pointer,
    weights: Pointer,
    out: Pointer,
    samples: number,
    rows: number,
    channels: number,
    fill: F32Bits,
  ): void;
  /**
   * out[s][r][c] = the largest of x[s][pixels[t]][c], index (i32) = the number of the pixel of the first largest (the first NaN wins).
   * pixels: i32 numbers.
   */
  maxPixels(
    x: Pointer,
    xSampleStride: number,
    starts: Pointer,
    pixels: Pointer,
    out: Pointer,
    index: Pointer,
    samples: number,
    rows: number,
    channels: number,
  ): void;

  // ── tables of rows of `dim` floats; indices i32 ───────────────────────────────────────────────────────────────────────────
  /** out[i] = weight[indices[i]] for i < count; NaN where the index is not in [0, rows). */
  embedding(weight: Pointer, indices: Pointer, out: Pointer, count: number, dim: number, rows: number): void;
  /**
   * Rows [first, first + rows) of the gradient to the table, dWeight[0] being row `first`: 0 (if `continued`, what it holds), then for i < count ascending
   * dWeight[indices[i] − first] += dy[i] where that is one of them and not `skipped`.
   */
  embeddingGrad(
    dy: Pointer,
    indices: Pointer,
    dWeight: Pointer,
    count: number,
    dim: number,
    first: number,
    rows: number,
    skipped: number,
    continued: number,
  ): void;
}

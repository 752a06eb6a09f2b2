/** The contract of the kernels: convolution, pooling, their fusion, and padding. Conventions stand in `signatures.ts`. */
import type { Pointer } from '../words.ts';

export interface PoolingAndConvolutionKernels {
  // ── pooling (channels-last). `geometry`: i32 words H, W, C, OH, OW, kH, kW, sH, sW, pH, pW, dH, dW ────────────────────────
  /** Maximum of each window and i32 index h·W + w of its first largest element (NaN wins). Padding never wins. */
  maxPool(x: Pointer, out: Pointer, index: Pointer, geometry: Pointer, samples: number): void;
  /** dx = 0, then dx[index[o]] += dy[o] per channel, output pixels ascending. */
  maxPoolGrad(dy: Pointer, index: Pointer, dx: Pointer, geometry: Pointer, samples: number): void;
  /** Mean of each window (sum over kh then kw ascending from +0, then ÷ count); count includes padding if `countIncludePad`, and is `divisor` if that is not 0. */
  avgPool(x: Pointer, out: Pointer, geometry: Pointer, samples: number, countIncludePad: number, divisor: number): void;
  /** dx = 0, then every window element += dy ÷ count, output pixels ascending. */
  avgPoolGrad(
    dy: Pointer,
    dx: Pointer,
    geometry: Pointer,
    samples: number,
    countIncludePad: number,
    divisor: number,
  ): void;

  // ── convolution (stride 1, no padding, no dilation, channels-last), bias, ReLU and 2×2 max pooling (stride 2) in one ─────────
  // An image is [pixel][C]: rows xRowBytes, pixels xPixelBytes apart. A kernel row is kRow = kW·C contiguous floats. ph × pw are the
  // windows, ⌊OH/2⌋ × ⌊OW/2⌋: an odd last row or column of the convolution's output is not used. Pooled arrays are contiguous:
  // out f32 and codes u8 [samples][ph·pw][n]. With v0…v3 = the convolution at a window's top left, top right, bottom left and bottom
  // right pixel, + bias (last; bias = 0 (null) adds nothing): m = v0, code = 0; for i = 1, 2, 3: if vi > m then m = vi, code = i (so a
  // NaN in v0 stays, another NaN never wins). out = m > 0 ? m : m is NaN ? NaN : +0, and the code is 4 (no gradient) unless m > 0.
  /**
   * Direct, any kernel: v = (Σ_t Σ_k x[kernel row t of the pixel][k] · w[t·kRow + k][j]) + bias[j], t < kH then k < kRow ascending, from +0,
   * as in `convRows`. w in panels of 16 columns (panel stride kH·kRow·64). `tmp`: `convPoolScratchBytes`.
   */
  convPool(
    x: Pointer,
    xSampleStride: number,
    xRowBytes: number,
    xPixelBytes: number,
    kH: number,
    kRow: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    codes: Pointer,
    samples: number,
    ph: number,
    pw: number,
    n: number,
    tmp: Pointer,
  ): void;
  /**
   * Weights of a 3×3 convolution, g = weight[j][c] (canonical [n][channels][3][3]), in Winograd's domain for F(2×2, 3×3):
   * u[j/16][4i + i'][c][j mod 16] = U[i][i'], +0 where j ≥ n. Down the columns T0 = g0, T1 = ½(g0 + g2) + ½g1, T2 = ½(g0 + g2) − ½g1,
   * T3 = g2 (gi the row i of g); then along each row of T by the same four formulas.
   */
  winogradPack(weight: Pointer, u: Pointer, channels: number, n: number): void;
  /**
   * 3×3 kernel by Winograd, channels a multiple of 4, pixels contiguous: the tile d of a window is the 4×4 pixels from its first on.
   * V: down the columns t0 = d0 − d2, t1 = d1 + d2, t2 = d2 − d1, t3 = d1 − d3 (di the row i), then along the rows by the same formulas.
   * M = Σ_c V[c] · u[c][j], c ascending from +0, for each of the 16 positions. Down the columns s0 = (m0 + m1) + m2,
   * s1 = (m1 − m2) − m3, then along the rows by the same formulas: v0, v1 from s0, v2, v3 from s1; + bias[j]. u as `winogradPack` writes
   * it. `scratch`: `winogradScratchBytes`.
   */
  winogradPool(
    x: Pointer,
    xSampleStride: number,
    xRowBytes: number,
    channels: number,
    u: Pointer,
    bias: Pointer,
    out: Pointer,
    codes: Pointer,
    samples: number,
    ph: number,
    pw: number,
    n: number,
    scratch: Pointer,
  ): void;
  /**
   * The gradient to the convolution's input. g f32 and codes u8 [samples][ph·pw][channels] stand for dy of the convolution's output
   * (oh × ow pixels): dy[2py + (code >> 1)][2px + (code & 1)] = g where code < 4, 0 elsewhere.
   * out[s][r][j] = Σ_t Σ_c dy[s][table[r][t]][c] · w[t·channels + c][j], t then c ascending, from +0, zeros of dy left out: the bits of
   * `convRows` on the dense dy as long as w is finite. `table`: i32 [rows][taps], pixel NUMBERS of the convolution's output, −1 = none.
   * w in panels of 16 columns (panel stride taps·channels·64). `lists`: `poolConvInputGradientScratchBytes`.
   */
  poolConvInputGradient(
    g: Pointer,
    codes: Pointer,
    ph: number,
    pw: number,
    oh: number,
    ow: number,
    channels: number,
    table: Pointer,
    taps: number,
    w: Pointer,
    out: Pointer,
    outSampleStride: number,
    outRowStride: number,
    samples: number,
    rows: number,
    n: number,
    lists: Pointer,
  ): void;
  /**
   * The gradient to weights and bias, for n ≤ 16 outputs: with p the code's pixel of window (py, px),
   * out[l][t·kRow + k] = Σ g[s][py][px][l] · x[s][kernel row t of p][k] over s, py, px ascending, where code < 4 and g ≠ 0. The sum of each
   * chunk of `chunkSamples` consecutive samples starts at +0; chunk sums are added in order, starting from +0, or if `continued` from what
   * out and dBias hold. dBias[l] = the same sum of g alone. g and codes point at the first of the n outputs; windows are `pooledStride` ELEMENTS apart in both, samples
   * ph·pw·pooledStride. Rows of out are outColumnStride apart. `lists`:
   * `poolConvWeightGradientScratchBytes` of ph·pw windows and min(samples, chunkSamples).
   */
  poolConvWeightGradient(
    g: Pointer,
    codes: Pointer,
    pooledStride: number,
    ph: number,
    pw: number,
    x: Pointer,
    xSampleStride: number,
    xRowBytes: number,
    xPixelBytes: number,
    kH: number,
    kRow: number,
    samples: number,
    n: number,
    chunkSamples: number,
    out: Pointer,
    outColumnStride: number,
    dBias: Pointer,
    lists: Pointer,
    continued: number,
  ): void;
  /**
   * The same as `winogradPool` without ReLU and pooling: out[s][y][x][j] = v, pixels of n contiguous floats, rows outRowBytes apart, for
   * oh × ow ≥ 2 × 2 output pixels. Tiles of 2×2 pixels start at 0, 2, 4, … and, where oh (ow) is odd, last at oh − 2 (ow − 2): a pixel
   * of two tiles has the later one's value. `scratch`: `winogradScratchBytes`.
   */
  winograd(
    x: Pointer,
    xSampleStride: number,
    xRowBytes: number,
    channels: number,
    u: Pointer,
    bias: Pointer,
    out: Pointer,
    outSampleStride: number,
    outRowBytes: number,
    samples: number,
    oh: number,
    ow: number,
    n: number,
    scratch: Pointer,
  ): void;

  /**
   * A border of +0 around channels-last images: x [samples][height][width][channels] → out [samples][outHeight][outWidth][channels],
   * out[s][padTop + y][padLeft + x] = x[s][y][x], +0 elsewhere. height ≥ 1, outHeight ≥ padTop + height,
   * outWidth ≥ padLeft + width.
   */
  padImages(
    x: Pointer,
    out: Pointer,
    samples: number,
    height: number,
    width: number,
    channels: number,
    padTop: number,
    padLeft: number,
    outHeight: number,
    outWidth: number,
  ): void;
  /**
   * Weights of a 3×3 convolution (canonical [outputs][inputs][3][3]) in Winograd's domain as the gradient to its input reads them:
   * g[ky][kx] = weight[o][i][2 − ky][2 − kx], U as in `winogradPack`, u[i/16][4a + b][o][i mod 16] = U[a][b], +0 where i ≥ inputs.
   * Writes the rows of outputs o in [first, first + count) only.
   */
  winogradPackTransposed(
    weight: Pointer,
    u: Pointer,
    inputs: number,
    outputs: number,
    first: number,
    count: number,
  ): void;
  /**
   * Depthwise convolution (channels-last, pixels of out contiguous): out[s][r][c] = (Σ_t x[s][table[r][t]][c] · w[t][c]) + bias[c],
   * t ascending from +0; bias = 0 (null) adds nothing. Table as in `convRows`; −1 contributes x = +0 (read from `zeros`, 16 floats).
   * w in panels of 16 channels (panel stride taps·64).
   */
  depthwiseRows(
    x: Pointer,
    xSampleStride: number,
    table: Pointer,
    taps: number,
    w: Pointer,
    bias: Pointer,
    out: Pointer,
    outSampleStride: number,
    samples: number,
    rows: number,
    channels: number,
    zeros: Pointer,
  ): void;
  /**
   * The gradient to the weight of a depthwise convolution, for n ≤ 16 channels: out[t][l] = Σ x[s][table[r][t]][l] · dy[s][r][l] over s
   * then r ascending, rows whose table entry is −1 left out, in the chunks of `outerRows`, and `continued` as there. out: [taps][n].
   */
  depthwiseOuter(
    x: Pointer,
    xSampleStride: number,
    table: Pointer,
    taps: number,
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
}

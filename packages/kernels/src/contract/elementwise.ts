/** The contract of the kernels: memory, elementwise operations and activations. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface ElementwiseKernels {
  // ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** out[0…n) = value. */
  fill(out: Pointer, n: number, value: F32Bits): void;
  /** Copies `bytes` bytes. */
  copy(src: Pointer, out: Pointer, bytes: number): void;
  /**
   * Gathers a strided block: for i in [start, start + count), out[i − start] = src[offset(i)], where i is read as a row-major
   * index over `dims`. `spec` points at i32 words: rank, dims[rank], strides[rank] (elements; may be 0 or negative).
   * Elements are `elementBytes` wide (1 or 4). Rank 0 has one element.
   */
  gatherStrided(src: Pointer, out: Pointer, spec: Pointer, start: number, count: number, elementBytes: number): void;
  /** The inverse: for i in [start, start + count), out[offset(i)] = src[i − start]; `spec` as in `gatherStrided`. */
  scatterStrided(src: Pointer, out: Pointer, spec: Pointer, start: number, count: number, elementBytes: number): void;
  /** out[s][p][c] = x[s][c][p] for `samples` × `channels` × `pixels` floats (NCHW → NHWC). */
  toChannelsLast(x: Pointer, out: Pointer, samples: number, channels: number, pixels: number): void;
  /** out[s][c][p] = x[s][p][c] (NHWC → NCHW). */
  toChannelsFirst(x: Pointer, out: Pointer, samples: number, channels: number, pixels: number): void;

  // ── elementwise ───────────────────────────────────────────────────────────────────────────────────────────────────
  /** out[i] = op(x[i]), i < n; in place allowed. exp, log, tanh, sigmoid, selu are f32 polynomials, ≤ 2 ulp on normal results. */
  unary(op: number, x: Pointer, out: Pointer, n: number): void;
  /** out[i] = a[i] op b[i], i < n; in place allowed. */
  binary(op: number, a: Pointer, b: Pointer, out: Pointer, n: number): void;
  /** out[i] = a[i] op b[i mod period], i < n; out may be a. */
  binaryPeriodic(op: number, a: Pointer, b: Pointer, out: Pointer, n: number, period: number): void;
  /**
   * out[i] = condition[i] ≠ 0 ? a[i] : b[i], i < n, for 4-byte elements; NaN is a condition that holds. aStride and bStride: 4, or 0
   * where one element serves all. In place allowed: out may be condition, and a or b where their stride is 4.
   */
  select(condition: Pointer, a: Pointer, aStride: number, b: Pointer, bStride: number, out: Pointer, n: number): void;
  /** out[i] = converted x[i], i < n (f32 → i32 truncates towards zero and saturates). */
  cast(op: number, x: Pointer, out: Pointer, n: number): void;

  // ── activations with parameters, in one pass each way ─────────────────────────────────────────────────────────────────
  /** out[i] = op(x[i]; a, b), i < n; in place allowed. `activationOps` says what the operations are. */
  activation(op: number, x: Pointer, out: Pointer, n: number, a: F32Bits, b: F32Bits): void;
  /** dx[i] = dy[i] · op′(x[i]; a, b), i < n; dx may be dy or x. At a kink the derivative is PyTorch's. */
  activationGrad(op: number, dy: Pointer, x: Pointer, dx: Pointer, n: number, a: F32Bits, b: F32Bits): void;
  /** On [rows][channels][inner]: out = x > 0 ? x : x · slope[channel]; out may be x. */
  prelu(x: Pointer, slope: Pointer, out: Pointer, rows: number, channels: number, inner: number): void;
  /** dx = x > 0 ? dy : dy · slope[channel]; dx may be dy or x. */
  preluGrad(dy: Pointer, x: Pointer, slope: Pointer, dx: Pointer, rows: number, channels: number, inner: number): void;
  /** out[s][channel] = Σ dy · x where not x > 0, over the rows of sample s, then inner, ascending in f64. A sample holds `rows` rows. */
  preluGradSums(
    dy: Pointer,
    x: Pointer,
    out: Pointer,
    samples: number,
    rows: number,
    channels: number,
    inner: number,
  ): void;
}

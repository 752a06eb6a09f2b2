/**
 * The contract between the compiler (core) and the kernels: every WebAssembly export, its arguments and its meaning.
 *
 * The AssemblyScript kernels (`assembly/`) and their naive TypeScript twins (`src/reference/`) both implement this
 * interface and agree bit for bit. A program names a kernel by its position in `kernelNames`.
 *
 * Conventions
 * - All arguments are 32-bit integers. A `Pointer` is a byte address in the shared memory, strides are in BYTES, counts in
 *   elements. A 32-bit float constant travels as its bit pattern (`F32Bits`).
 * - f32 data is 4-byte aligned; no stronger alignment may be assumed.
 * - `out = …` overwrites, `out += …` accumulates. Inputs and outputs do not overlap unless "in place" is stated.
 * - Kernels may READ up to 64 bytes past the end of an input row (never past the memory: the arena keeps a margin), and
 *   whatever they read there never reaches a result. They WRITE exactly the elements stated.
 * - Every element has one order of summation, stated here; it never depends on how rows or columns are cut into calls.
 *   No fused multiply-add: a product is rounded, then added.
 * - Channels-last (NHWC): pixel-major, channels contiguous.
 */

/** A byte address in the shared memory. */
export type Pointer = number;
/** The bit pattern of a 32-bit float. */
export type F32Bits = number;

/** Operations of `unary`. */
export const unaryOps = {
  neg: 0,
  abs: 1,
  exp: 2,
  log: 3,
  sqrt: 4,
  square: 5,
  tanh: 6,
  sigmoid: 7,
  relu: 8,
  sign: 9,
  reciprocal: 10,
  /** λx for x > 0, else λα(e^x − 1) (Klambauer 2017). */
  selu: 11,
  floor: 12,
  ceil: 13,
  /** Halves to the even neighbour. */
  round: 14,
  trunc: 15,
  /** 1 ÷ √x, ≤ 1.5 ulp. */
  rsqrt: 16,
  /** 1 where x is NaN, else 0. */
  isnan: 17,
  /** 1 where x is ±Infinity, else 0. */
  isinf: 18,
  /** 1 where x is neither NaN nor infinite, else 0. */
  isfinite: 19,
  // Computed in f64 and rounded once: error < 0.51 ulp. sin and cos of every finite float; expm1, log1p, sin, erf keep the sign of 0.
  expm1: 20,
  log1p: 21,
  log2: 22,
  sin: 23,
  cos: 24,
  erf: 25,
} as const;

/** Operations of `binary` and `binaryPeriodic`. `rsub` is b − a, `rdiv` is b ÷ a. */
export const binaryOps = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  rsub: 4,
  rdiv: 5,
  /** NaN if either is NaN. */
  maximum: 6,
  /** NaN if either is NaN. */
  minimum: 7,
  /** 1 where a > b, else 0. */
  greater: 8,
  /** 1 where a = b, else 0. */
  equal: 9,
  /** a where b > 0, else +0: the gradient of ReLU, with a = dy and b = y. */
  wherePositive: 10,
  /** λa where b > 0, else (b + λα)a: the gradient of SELU, with a = dy and b = y. */
  seluGrad: 11,
  /** 1 where the comparison holds, else 0; with NaN only `notEqual` holds. */
  notEqual: 12,
  less: 13,
  lessEqual: 14,
  greaterEqual: 15,
  /** C's fmod, exact: the rest of a ÷ b with the sign of a. */
  fmod: 16,
  /** The rest of a ÷ b with the sign of b: fmod, + b where the signs differ. */
  remainder: 17,
  /** a^b by the rules of C's pow; computed in f64 and rounded once: error < 0.51 ulp. */
  pow: 18,
} as const;

/** Operations of `scatterAxis`. */
export const scatterOps = { set: 0, add: 1 } as const;

/**
 * Operations of `activation` and `activationGrad`, with their parameters a and b (one that is not named is not read). Accuracy of normal
 * results: 2 ulp, mish 3, gelu 4, tanhshrink 16 (just above 0.625); geluTanh 2 for x ≥ −1, growing to 17 at −5, because e^2u magnifies the
 * rounding errors of 2u. Derivatives: 9·2⁻²³ of the larger of their value and 0.1.
 */
export const activationOps = {
  /** x > 0 ? x : a·x. */
  leakyRelu: 0,
  /** x > 0 ? x : a·(e^x − 1). */
  elu: 1,
  /** x·Φ(x), Φ the normal distribution. */
  gelu: 2,
  /** ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))). */
  geluTanh: 3,
  /** x·σ(x). */
  silu: 4,
  /** x·tanh(log(1 + e^x)). */
  mish: 5,
  /** log(1 + e^(a·x)) ÷ a, and x where a·x > b. */
  softplus: 6,
  /** x·min(max(x + 3, 0), 6) ÷ 6. Its derivative is x/3 + ½ for −3 ≤ x ≤ 3. */
  hardswish: 7,
  /** min(max(x + 3, 0), 6) ÷ 6. */
  hardsigmoid: 8,
  /** min(max(x, a), b). Its derivative is 0 at a and b. */
  hardtanh: 9,
  /** x − min(max(x, −a), a). */
  softshrink: 10,
  /** +0 for −a ≤ x ≤ a, else x. */
  hardshrink: 11,
  /** x ≤ a ? b : x. */
  threshold: 12,
  /** x − tanh(x). */
  tanhshrink: 13,
  /** x ÷ (1 + |x|). */
  softsign: 14,
  /** log σ(x). */
  logsigmoid: 15,
} as const;

/** Operations of `pairLoss` and `pairLossGrad` on x and a target t, with a parameter a (where it is not named it is not read). */
export const pairLossOps = {
  /** −t·max(log x, −100) − (1 − t)·max(log(1 − x), −100). Its derivative is (x − t) ÷ max((1 − x)·x, 1e-12). */
  bce: 0,
  /** (1 − t)·max(x, 0) + t·max(−x, 0) + log(1 + e^−|x|): `bce` of σ(x). */
  bceWithLogits: 1,
  /** d = |x − t|: d < a ? ½d² ÷ a : d − ½a. */
  smoothL1: 2,
  /** d = |x − t|: d ≤ a ? ½d² : a·(d − ½a). */
  huber: 3,
} as const;

/** Conversions of `cast`. */
export const castOps = { i32ToF32: 0, u8ToF32: 1, f32ToI32: 2 } as const;

export interface Kernels {
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
  /** out[j] = Σ_r x[r][j] for r < rows, j < n: sums of 256 consecutive rows each (from +0, r ascending), added in order from +0. */
  sumRows(x: Pointer, rowStride: number, rows: number, n: number, out: Pointer): void;

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
   * chunk of `chunkSamples` consecutive samples starts at +0; chunk sums are added in order, starting from +0. Lanes l ≥ n of out are
   * unspecified. out: [taps][k][16]. Table as in `convRows`.
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
  ): void;

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

  // ── random: Philox4x32-10 (Salmon et al., SC'11) ──────────────────────────────────────────────────────────────────────
  /** out[4b…4b+3] = Philox(counter + (b, 0, 0, 0) in the first word, wrapping; key) for b < blocks. counter: u32[4], key: u32[2]. */
  philox(out: Pointer, blocks: number, counter: Pointer, key: Pointer): void;
  /** out[i] = low + (high − low) · u, u = (word i of Philox(⌊i/4⌋, stream, 0, 0; key) >>> 8) · 2⁻²⁴, i < n. */
  uniform(out: Pointer, n: number, key: Pointer, stream: number, low: F32Bits, high: F32Bits): void;
  /** Normal deviates by Box–Muller on the words of Philox(⌊i/4⌋, stream, 0, 0; key), computed in f64 polynomials: mean + std · z. */
  normal(out: Pointer, n: number, key: Pointer, stream: number, mean: F32Bits, std: F32Bits): void;
  /**
   * Inverted dropout on rows of n contiguous floats: out = kept ? x · scale : +0; in place allowed.
   * Element e of row r (r counts from row0) is kept if its 16-bit number ≥ threshold (0…65536). In the group g = ⌊e/32⌋, with i = e mod 32,
   * lane = (i mod 8) >> 1: the number is half (i mod 2, low first) of word ⌊i/8⌋ of
   * Philox(4g + lane, r, step, site; key). `key`: u32[2], `step`: u32 and `rate`: [threshold u32, scale f32] are read through their
   * pointers.
   */
  dropout(
    x: Pointer,
    out: Pointer,
    rows: number,
    n: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
  ): void;
  /**
   * Uniform deviates in (0, 1) for rows of n contiguous floats: element e of row r (r counts from row0) is
   * min((f32(w) + ½) · 2⁻³², 1 − 2⁻²⁴), every operation rounded to f32, with i = e mod 16 and w = word ⌊i/4⌋ of
   * Philox(4⌊e/16⌋ + (i mod 4), r, step, site; key). `key`: u32[2] and `step`: u32 are read through their pointers.
   */
  uniformRows(out: Pointer, rows: number, n: number, row0: number, key: Pointer, step: Pointer, site: number): void;
  /**
   * Dropout by groups on rows of outer × groups × inner contiguous floats, in place allowed: out = kept ? x · scale + offset : dropped,
   * where the decision on group g of row r is that of `dropout` on element e = g. shape: i32 [outer, groups, inner, corrected], rate:
   * [threshold u32, scale f32, offset f32, dropped f32]. corrected = 0 reads both offset and dropped as +0. An offset of +0 adds nothing: a
   * kept −0 stays −0. Threshold 65536: dropped everywhere. `scratch`: 2176 bytes.
   */
  dropoutGroups(
    x: Pointer,
    out: Pointer,
    rows: number,
    shape: Pointer,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
  /**
   * out = x · (1 + σ · z) on rows of n contiguous floats, in place allowed; z standard normal by Box–Muller, σ the second word of `rate`.
   * Element e of row r (from row0), with g = ⌊e/32⌋ and i = e mod 32, takes words 2⌊i/16⌋ and 2⌊i/16⌋ + 1 (v, w) of
   * Philox(8g + i mod 8, r, step, site; key): z = √(−2 ln u) · (i mod 16 < 8 ? cos : sin)(2π·w·2⁻³²), u = (⌊v/2⌋ + ½)·2⁻³¹
   * rounded to f32, in f32 polynomials: |error of z| < 4e-7 · max(1, |z|), |z| ≤ 6.66. `scratch`: 128 bytes.
   */
  gaussianDropout(
    x: Pointer,
    out: Pointer,
    rows: number,
    n: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;

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
  /** a += (w − a)·*weight (f32); a weight of 1 copies w, one of 0 leaves a as it is and reads nothing. */
  average(a: Pointer, w: Pointer, n: number, weight: Pointer): void;
  /**
   * Rows of n floats whose 2-norm exceeds *limit (f32) are scaled to it: w *= limit / (norm + 1e-7). The squares are summed in eight
   * interleaved sums s₀…s₇ (element i in s of i mod 8), then as ((s₀ + s₄) + (s₂ + s₆)) + ((s₁ + s₅) + (s₃ + s₇)).
   */
  limitRowNorms(w: Pointer, rows: number, n: number, limit: Pointer): void;

  // ── statistics over passes ────────────────────────────────────────────────────────────────────────────────────────
  /**
   * One more observation x of n numbers whose mean and sum of squared deviations are kept (Welford 1962). `at`: u32[2] = c observations
   * so far, row r; the state of x[i] is mean[r·width + i] and m2[r·width + i]. With d = x − mean: mean += d ÷ f32(c + 1), then
   * m2 += d · (x − mean); for c = 0, mean = x and m2 = +0 whatever they were. m2 may be null.
   */
  welford(x: Pointer, mean: Pointer, m2: Pointer, n: number, width: number, at: Pointer): void;

  // ── data. `indicesRef` points at a u32 that holds the address of the batch's i32 sample numbers ──────────────────────────
  /** out[s − s0] = src[indices[s]] for s in [s0, s0 + samples), `sampleBytes` bytes each. */
  gatherRows(src: Pointer, indicesRef: Pointer, s0: number, samples: number, sampleBytes: number, out: Pointer): void;
  /**
   * The same from u8 images [C][pixels] to floats: out = u8 · scale[c] + shift[c]. scaleShift: f32[2·channels], scales first.
   * channelsLast = 1 writes [pixels][C], 0 writes [C][pixels].
   */
  gatherImages(
    src: Pointer,
    indicesRef: Pointer,
    s0: number,
    samples: number,
    channels: number,
    pixels: number,
    scaleShift: Pointer,
    channelsLast: number,
    out: Pointer,
  ): void;

  // ── augmentation of byte images [C][H][W], which lie one after the other. `spec` begins with the i32 words C, H, W; `fill`: u8[C];
  // `draws`: f32 deviates u in (0, 1), a row a sample; ⌊u·k⌋ stands for min(⌊u·f32(k)⌋, k − 1) ─────────────────────────────────
  /**
   * Crops at (dy, dx) = (⌊u₀·(2·padY + 1)⌋ − padY, ⌊u₁·(2·padX + 1)⌋ − padX): out[c][y][x] = x[c][y + dy][x + dx]; outside of the image
   * fill[c], or with reflect = 1 the mirror image without the edge (padY < H, padX < W). spec: then i32 padY, padX, reflect.
   */
  cropImages(x: Pointer, out: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /** The mirror image where u₀ < p, else the image: left and right exchanged, or top and bottom with vertical = 1. */
  flipImages(
    x: Pointer,
    out: Pointer,
    samples: number,
    spec: Pointer,
    draws: Pointer,
    p: F32Bits,
    vertical: number,
  ): void;
  /**
   * The inverse affine matrix of each sample, f32 [2][3], in f64 from deviates u₀…u₅. spec: f32 bounds (low, high) of rotation (turns),
   * translation along x and y (pixels, rounded), scale, shear along x and y (turns); v = low + (high − low)·u. With r, sx, sy the angles:
   * a = cos(r − sy) ÷ cos sy, c = sin(r − sy) ÷ cos sy, b = −a·tan sx − sin r, d = cos r − c·tan sx:
   * m = [d, −b; −c, a] ÷ scale, last column −m·(dx, dy).
   */
  affineMatrices(draws: Pointer, out: Pointer, samples: number, spec: Pointer): void;
  /**
   * Bilinear, in f32: with (X, Y) = (column, row) − centre, centre = ((W − 1)/2, (H − 1)/2), from = ((m₀X + m₁Y) + m₂) + centre for x,
   * with m₃, m₄, m₅ for y. Where −1 < from < size on both axes: of the four pixels around it (fill[c] outside) with fx, fy the fractions,
   * ⌊(p₀₀·(1 − fx) + p₀₁·fx)·(1 − fy) + (p₁₀·(1 − fx) + p₁₁·fx)·fy + ½⌋; elsewhere fill[c].
   */
  affineImages(x: Pointer, out: Pointer, samples: number, spec: Pointer, matrices: Pointer, fill: Pointer): void;
  /**
   * In place: brightness, contrast, saturation, in the order of the permutation ⌊6·u₀⌋ (first = half of it; the two others in turn, exchanged
   * if it is odd), with factors low + (high − low)·u₁, u₂, u₃; 1 changes nothing. Each: level + factor·(x − level) in f32, + ½, clamped to
   * [0, 255], truncated; level = 0, the rounded mean luma, the pixel's luma. Luma = (19595R + 38470G + 7471B + 32768) >> 16, for C ≠ 3
   * channel 0. spec: then f32 bounds (low, high) of the three factors.
   */
  jitterImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer): void;
  /**
   * In place, where u₀ < p: the square of `size` pixels from (⌊u₁·H⌋, ⌊u₂·W⌋) − ⌊size/2⌋ on, as far as it lies in the image, = fill.
   * spec: then i32 size, f32 p.
   */
  cutoutImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /**
   * In place, where u₀ < p: one box = fill. Try t takes u = u₁₊₄ₜ…: area = H·W·(areaLow + (areaHigh − areaLow)·u₀), ratio =
   * e^(low + (high − low)·u₁), h = √(area·ratio), w = √(area ÷ ratio), rounded (halves to even); the first with h < H and w < W is placed
   * at (⌊u₂·(H − h + 1)⌋, ⌊u₃·(W − w + 1)⌋). spec: then i32 tries, f32 p, areaLow, areaHigh, low, high of the ratio's logarithm.
   */
  eraseImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /** In place: rows [top, bottom) × columns [left, right) of sample s from sample samples − 1 − s of `partners`. box: i32 top, bottom, left, right. */
  pasteBoxes(x: Pointer, partners: Pointer, samples: number, spec: Pointer, box: Pointer): void;
  /** x[s][i] = x[s][i]·w₀ + partners[samples − 1 − s][i]·w₁, rows of n floats; nothing for w = (1, 0). weights: f32 w₀, w₁. */
  mixRows(x: Pointer, partners: Pointer, samples: number, n: number, weights: Pointer): void;

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
   * chunk of `chunkSamples` consecutive samples starts at +0; chunk sums are added in order, starting from +0. dBias[l] = the same sum
   * of g alone. g and codes point at the first of the n outputs; windows are `pooledStride` ELEMENTS apart in both, samples
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
   * then r ascending, rows whose table entry is −1 left out, in the chunks of `outerRows`. out: [taps][n].
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
  ): void;

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
  /** Columns [first, first + count) of out [2][n]: out[0][j] = Σ_r dy[r][j], out[1][j] = Σ_r f32(dy[r][j] · x̂[r][j]), r ascending in f64. */
  layerNormGradWeight(
    dy: Pointer,
    x: Pointer,
    statistics: Pointer,
    rows: number,
    n: number,
    first: number,
    count: number,
    out: Pointer,
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
   * Rows [first, first + rows) of the gradient to the table, dWeight[0] being row `first`: 0, then for i < count ascending
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
  ): void;

  // ── recurrent layers of one direction over whole sequences ───────────────────────────────────────────────────────────────
  // kind: a number of `recurrentKinds`; G gates, K kept and F final rows of `hidden` floats (`recurrentSizes`). Sample s has
  // lengths[s] steps (i32, clamped to [0, steps]; lengths = 0 (null): all have `steps`). Step k = 0, 1, … of a sample is at time
  // t = reverse ? lengths[s] − 1 − k : k. h0 and c0 are [samples][hidden], 0 (null): +0. `scratch`: `recurrentScratchBytes`.
  /**
   * x [samples][steps][G·hidden] → out [samples][steps + F][hidden]: h of every time, +0 beyond the length, then the final h and, for an
   * LSTM, the final c. w: panels of the columns G·hidden, k = hidden. With p[j] = Σ_k h[k] · w[k][j] + bias[j] (k ascending, from +0;
   * bias = 0 (null) adds nothing) and g the pre-activations x[t] + p: tanh h = tanh(g), relu h = max(g, 0); LSTM i, f, g, o =
   * σ(g0), σ(g1), tanh(g2), σ(g3), c = f·c + i·g, h = o·tanh(c); GRU r, z = σ(g0), σ(g1), n = tanh(x2 + r·p2), h = (h − n)·z + n.
   * kept [samples][steps][K][hidden]: i, f, g, o, c or r, z, n, p2, +0 beyond the length; 0 (null): not kept.
   */
  recurrent(
    kind: number,
    x: Pointer,
    w: Pointer,
    bias: Pointer,
    h0: Pointer,
    c0: Pointer,
    lengths: Pointer,
    out: Pointer,
    kept: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
    scratch: Pointer,
  ): void;
  /** previous[s][t] = h before the step of time t, from `out` of `recurrent` or h0; +0 beyond the length. */
  recurrentPrevious(
    kind: number,
    out: Pointer,
    h0: Pointer,
    lengths: Pointer,
    previous: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
  ): void;
  /**
   * dx [samples][steps][G·hidden] from dout (shaped as out), +0 beyond the length; dInitial [samples][F][hidden]: the gradients of h0 and c0,
   * 0 (null): not wanted. w: panels of the columns hidden, k = G·hidden. Steps descending, d = dout[t] + dh, dh and dc from the final rows of
   * dout at first. tanh dx = d·(1 − h·h); relu dx = d where h > 0, else +0. LSTM, T = tanh(c): D = dc + (d·o)·(1 − T·T), dc = D·f,
   * dx = (D·g)·(i·(1 − i)), (D·c₋)·(f·(1 − f)), (D·i)·(1 − g·g), (d·T)·(o·(1 − o)) with c₋ the cell before. GRU:
   * dn = (d·(1 − z))·(1 − n·n), dx = (dn·p2)·(r·(1 − r)), (d·(h₋ − n))·(z·(1 − z)), dn. Then dh = Σ_k dp[k] · w[k][j], k ascending from
   * +0, dp = dx, for GRU with dn·r in place of dn, and + d·z.
   */
  recurrentGrad(
    kind: number,
    dout: Pointer,
    out: Pointer,
    kept: Pointer,
    w: Pointer,
    h0: Pointer,
    c0: Pointer,
    lengths: Pointer,
    dx: Pointer,
    dInitial: Pointer,
    samples: number,
    steps: number,
    hidden: number,
    reverse: number,
    scratch: Pointer,
  ): void;
  /** out[r] = dx[r], rows of 3·hidden floats, the last third times the first row r of kept [rows][4][hidden]. */
  gruHiddenGrad(dx: Pointer, kept: Pointer, out: Pointer, rows: number, hidden: number): void;

  // ── attention (Vaswani et al. 2017). `spec`: the words of `attentionSpec`; `scratch`: `attentionScratchBytes` ───────────────
  /**
   * For each sample and head, rows q_i (i < queries) and k_j, v_j (j < keys): scores x_ij = (Σ_e q_i[e] · k_j[e]) · scale + mask[i][j] +
   * keyMask[j], e ascending from +0; a mask that is 0 (null) adds nothing; under `causal` only j ≤ i exist. p_ij = exp(x_ij − m) ÷
   * f32(Σ_j exp(x_ij − m)), m the row's maximum, the sum in f64 in four interleaved sums s₀…s₃ (j in the sum of j mod 4), then
   * (s₀ + s₂) + (s₁ + s₃). With rate ≠ 0 (null), p′ = `dropout` of the row p_i as row row0 + (s·heads + h)·queries + i, else p.
   * out_i[c] = Σ_j p′_ij · v_j[c], j ascending from +0, for finite v.
   */
  attention(
    q: Pointer,
    k: Pointer,
    v: Pointer,
    mask: Pointer,
    keyMask: Pointer,
    out: Pointer,
    spec: Pointer,
    samples: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
  /**
   * With d′_ij = Σ_c dout_i[c] · v_j[c] (c ascending from +0), d = `dropout` of its rows as in `attention` (d′ without a rate),
   * D_i = f32(Σ_j d_ij · p_ij) summed as there, g_ij = ((d_ij − D_i) · p_ij) · scale: dq_i[e] = Σ_j g_ij · k_j[e], j ascending from +0;
   * dk_j[e] = Σ_i g_ij · q_i[e] and dv_j[c] = Σ_i p′_ij · dout_i[c], where each 32 queries are summed from +0 and the sums added in order,
   * from +0. Operands finite.
   */
  attentionGrad(
    dout: Pointer,
    q: Pointer,
    k: Pointer,
    v: Pointer,
    mask: Pointer,
    keyMask: Pointer,
    dq: Pointer,
    dk: Pointer,
    dv: Pointer,
    spec: Pointer,
    samples: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
}

export type KernelName = keyof Kernels;

/** Every kernel, in the order that gives it its number in a program. */
export const kernelNames = [
  'fill',
  'copy',
  'gatherStrided',
  'scatterStrided',
  'toChannelsLast',
  'toChannelsFirst',
  'unary',
  'binary',
  'binaryPeriodic',
  'cast',
  'reduceSum',
  'reduceMax',
  'argMax',
  'sumRows',
  'packPanels',
  'unpackPanel',
  'gemmRows',
  'convRows',
  'outerRows',
  'maxPool',
  'maxPoolGrad',
  'avgPool',
  'avgPoolGrad',
  'softmax',
  'logSoftmax',
  'softmaxGrad',
  'logSoftmaxGrad',
  'crossEntropy',
  'crossEntropyGrad',
  'correct',
  'philox',
  'uniform',
  'normal',
  'dropout',
  'sgd',
  'adam',
  'limitRowNorms',
  'gatherRows',
  'gatherImages',
  'gemmRowsSparse',
  'convRowsSparse',
  'outerRowsSparse',
  'convPool',
  'winogradPack',
  'winogradPool',
  'poolConvInputGradient',
  'poolConvWeightGradient',
  'winograd',
  'batchNormMoments',
  'batchNormStatistics',
  'batchNorm',
  'batchNormRunning',
  'batchNormGradSums',
  'batchNormGrad',
  'padImages',
  'winogradPackTransposed',
  'depthwiseRows',
  'depthwiseOuter',
  'uniformRows',
  'dropoutGroups',
  'gaussianDropout',
  'welford',
  'select',
  'reduceProd',
  'cumulativeSum',
  'cumulativeProduct',
  'cumulativeProductGrad',
  'argSort',
  'gatherAxis',
  'scatterAxis',
  'triangle',
  'amsgrad',
  'nadam',
  'radam',
  'adamax',
  'lion',
  'rmsprop',
  'adagrad',
  'adadelta',
  'sumSquares',
  'clipFactor',
  'average',
  'muonMomentum',
  'muon',
  'activation',
  'activationGrad',
  'prelu',
  'preluGrad',
  'preluGradSums',
  'pairLoss',
  'pairLossGrad',
  'nllLoss',
  'nllLossGrad',
  'targetWeights',
  'ctcLoss',
  'ctcLossGrad',
  'layerNormStatistics',
  'layerNorm',
  'layerNormGrad',
  'layerNormGradWeight',
  'groupNormStatistics',
  'groupNorm',
  'groupNormGradSums',
  'groupNormGrad',
  'mapPixels',
  'maxPixels',
  'embedding',
  'embeddingGrad',
  'recurrent',
  'recurrentPrevious',
  'recurrentGrad',
  'gruHiddenGrad',
  'attention',
  'attentionGrad',
  'cropImages',
  'flipImages',
  'affineMatrices',
  'affineImages',
  'jitterImages',
  'cutoutImages',
  'eraseImages',
  'pasteBoxes',
  'mixRows',
  'topKCorrect',
  'confusionCounts',
  'storeBatch',
] as const;

type Named = (typeof kernelNames)[number];
type Mismatch = Exclude<KernelName, Named> | Exclude<Named, KernelName>;
/**
 * Fails to compile when a kernel of the interface is missing in `kernelNames`, or the other way round.
 * @public
 */
export const everyKernelIsNamed: [Mismatch] extends [never] ? true : Mismatch = true;

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

import type { DataKernels } from './contract/data.ts';
import type { ElementwiseKernels } from './contract/elementwise.ts';
import type { IndexingKernels } from './contract/indexing.ts';
import type { LossesKernels } from './contract/losses.ts';
import type { NormalisationKernels } from './contract/normalisation.ts';
import type { OptimizersKernels } from './contract/optimizers.ts';
import type { PoolingAndConvolutionKernels } from './contract/pooling-and-convolution.ts';
import type { ProductsKernels } from './contract/products.ts';
import type { RandomKernels } from './contract/random.ts';
import type { ReductionsKernels } from './contract/reductions.ts';
import type { SequencesKernels } from './contract/sequences.ts';

export type { F32Bits, Pointer } from './words.ts';

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

/** Every kernel; the families stand in `contract/`, a file each. */
export interface Kernels
  extends ElementwiseKernels,
    ReductionsKernels,
    ProductsKernels,
    PoolingAndConvolutionKernels,
    LossesKernels,
    RandomKernels,
    OptimizersKernels,
    DataKernels,
    IndexingKernels,
    NormalisationKernels,
    SequencesKernels {}

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
  'flagNonFinite',
] as const;

type Named = (typeof kernelNames)[number];
type Mismatch = Exclude<KernelName, Named> | Exclude<Named, KernelName>;
/**
 * Fails to compile when a kernel of the interface is missing in `kernelNames`, or the other way round.
 * @public
 */
export const everyKernelIsNamed: [Mismatch] extends [never] ? true : Mismatch = true;

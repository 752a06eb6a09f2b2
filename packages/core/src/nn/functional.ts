/** The layers as functions of tensors (`F.relu(x)`): what the modules call, and what a user calls without one. */
import { makeNode } from '../graph/node.ts';
import { rowsProduct } from '../ops/rows-product.ts';
import { arange } from '../tensor/create.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export {
  type BCEOptions,
  type BCEWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from '../losses/binary-cross-entropy.ts';
export type { ClassLossOptions } from '../losses/class-rows.ts';
export { type CrossEntropyOptions, crossEntropy } from '../losses/cross-entropy.ts';
export { type CTCOptions, ctcLoss, type Lengths } from '../losses/ctc-loss.ts';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  type TripletMarginOptions,
  tripletMarginLoss,
} from '../losses/embedding.ts';
export { type KlDivReduction, klDiv } from '../losses/kl-div.ts';
export { multiSampleLoss } from '../losses/multi-sample.ts';
export { nllLoss } from '../losses/nll-loss.ts';
export { rDropLoss } from '../losses/r-drop.ts';
export { type Reduction, type ReductionOptions, reduced } from '../losses/reduction.ts';
export {
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from '../losses/regression.ts';
export {
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './activations/functions.ts';
export type {
  ELUOptions,
  GELUOptions,
  HardtanhOptions,
  LeakyReLUOptions,
  ShrinkOptions,
  SoftplusOptions,
} from './activations/options.ts';
export type { AttentionMask } from './attention/masks.ts';
export { sinusoidalPositions } from './attention/positions.ts';
export { type AttentionOptions, scaledDotProductAttention } from './attention/scaled-dot-product.ts';
export { type BatchNormOptions, batchNorm, type RunningStatistics } from './batch-norm-function.ts';
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
  type PaddingName,
} from './conv-functions.ts';
export { type ConcreteDropoutOptions, concreteDropout } from './dropout/concrete-function.ts';
export { checkProbability, type DropoutOptions } from './dropout/draw.ts';
export { type DropBlockOptions, dropBlock2d } from './dropout/drop-block-function.ts';
export { dropConnect, dropout } from './dropout/functions.ts';
export {
  alphaDropout,
  type DropPathOptions,
  dropout1d,
  dropout2d,
  dropout3d,
  dropPath,
  featureAlphaDropout,
  gaussianDropout,
  lockedDropout,
} from './dropout/group-functions.ts';
export {
  type BagMode,
  type EmbeddingBagOptions,
  type EmbeddingOptions,
  embedding,
  embeddingBag,
} from './embedding-function.ts';
export { type GroupNormOptions, groupNorm, type InstanceNormOptions, instanceNorm } from './group-norm-function.ts';
export {
  channelShuffle,
  type InterpolateMode,
  type InterpolateOptions,
  interpolate,
  pixelShuffle,
  pixelUnshuffle,
} from './interpolate-function.ts';
export { type LayerNormOptions, layerNorm, type RMSNormOptions, rmsNorm } from './layer-norm-function.ts';
export { type PadOptions, pad } from './pad-function.ts';
export {
  type AvgPool2dOptions,
  type AvgPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  lpPool2d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  type OutputSize,
  type PoolOptions,
} from './pool-functions.ts';
export { bilinear, cosineSimilarity } from './similarity-functions.ts';
export { checkPair, pair, type Size, type Size1d } from './sizes.ts';

/** x [… , I] · weightᵀ + bias: weight [O, I], bias [O] → [… , O]. */
export function linear(x: Tensor, weight: Tensor, options: { bias?: Tensor | null; where?: string } = {}): Tensor {
  const where = options.where ?? 'linear';
  const input = x.rank === 1 ? x.unsqueeze(0) : x;
  const tensors = [input, weight, ...(options.bias ? [options.bias] : [])];
  const nodes = tensors.map((tensor) => f32(tensor.node));
  const result = derived(makeNode(rowsProduct, nodes, { transposed: true, where }), tensors);
  return x.rank === 1 ? result.reshape([result.shape[1]!]) : result;
}

/** The numbers of classes [… ] as rows of `numClasses` zeros with a 1 at each number: [… , numClasses], f32. Numbers beyond give zeros. */
export function oneHot(index: Tensor<'i32'>, numClasses: number): Tensor {
  if (index.dtype !== 'i32') throw new TypeError(`oneHot: expected numbers of dtype i32, got ${String(index.dtype)}`);
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new RangeError(`oneHot: numClasses must be an integer ≥ 1, got ${numClasses}`);
  return index.unsqueeze(-1).eq(arange({ end: numClasses }));
}

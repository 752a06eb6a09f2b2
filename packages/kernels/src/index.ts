/** The kernels of Lockstep: their contract and the loader. The naive twins are in `@lockstep/kernels/reference`. */

export { type AttentionSpec, attentionScratchBytes, attentionSpec, type HeadStrides } from './attention-spec.ts';
export {
  convPoolScratchBytes,
  poolConvInputGradientScratchBytes,
  poolConvWeightGradientScratchBytes,
  winogradScratchBytes,
} from './fused-scratch.ts';
export {
  compileKernels,
  f32Bits,
  f32FromBits,
  instantiateKernels,
  type KernelFunction,
  kernelTable,
} from './load.ts';
export { type RecurrentSizes, recurrentKinds, recurrentScratchBytes, recurrentSizes } from './recurrent-kinds.ts';
export {
  activationOps,
  binaryOps,
  castOps,
  type F32Bits,
  type KernelName,
  type Kernels,
  kernelNames,
  type Pointer,
  pairLossOps,
  scatterOps,
  unaryOps,
} from './signatures.ts';
export { sparseListBytes } from './sparse-list-bytes.ts';

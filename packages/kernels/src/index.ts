/** The kernels of Lockstep: their contract and the loader. The naive twins are in `@lockstep/kernels/reference`. */
export {
  compileKernels,
  f32Bits,
  f32FromBits,
  instantiateKernels,
  type KernelFunction,
  kernelTable,
} from './load.ts';
export {
  binaryOps,
  castOps,
  type F32Bits,
  type KernelName,
  type Kernels,
  kernelNames,
  type Pointer,
  unaryOps,
} from './signatures.ts';

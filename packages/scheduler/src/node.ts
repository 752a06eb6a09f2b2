/** @lockstep/scheduler/node: the pool of worker threads, and the faster kernels of newer V8. */
export { NodePool, type NodePoolOptions } from './pool/node.ts';
export { enableRevectorize, type KernelMode } from './pool/revectorize.ts';

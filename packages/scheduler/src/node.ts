/** @lockstep/scheduler/node: the pool of worker threads. */
export { NodePool, type NodePoolOptions } from './pool/node.ts';

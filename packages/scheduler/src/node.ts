/** @lockstep/scheduler/node: the pool of worker threads, the faster kernels of newer V8, and checkpoints on the disk. */
export {
  type Checkpoint,
  CheckpointFolder,
  type CheckpointFolderOptions,
  type DamagedCheckpoint,
  type LoadedCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
export { CheckpointWriter, type CheckpointWriterOptions } from './checkpoint/checkpoint-writer.ts';
export type { FileSystem, OpenFile } from './checkpoint/files.ts';
export { NodePool, type NodePoolOptions } from './pool/node.ts';
export { enableRevectorize, type KernelMode } from './pool/revectorize.ts';

/** The worker threads of the command: its own worker file in the bundle, the scheduler's when run from source. */
import { NodePool } from '@lockstep/scheduler/node';

export function workerPool(workers: number): NodePool {
  const fromSource = import.meta.url.endsWith('.ts');
  return new NodePool(fromSource ? { workers } : { workers, workerFile: new URL('./worker.js', import.meta.url) });
}

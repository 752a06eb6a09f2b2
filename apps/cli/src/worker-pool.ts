/** The worker threads of the command: its own worker file in the bundle, the scheduler's when run from source. */
import { NodePool, type NodePoolOptions } from '@lockstep/scheduler/node';

export function workerPool(options: Pick<NodePoolOptions, 'workers' | 'hangSeconds'>): NodePool {
  const fromSource = import.meta.url.endsWith('.ts');
  return new NodePool(fromSource ? options : { ...options, workerFile: new URL('./worker.js', import.meta.url) });
}

/** Node's pool: a piscina of one thread for each worker, so that a worker can be ended and replaced alone; in a segment the workers synchronise by themselves. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Segment } from '../worker/protocol.ts';
import { type Thread, ThreadPool, type ThreadPoolOptions } from './thread-pool.ts';

export interface NodePoolOptions extends ThreadPoolOptions {
  /** The worker file, for bundles. Default: the one beside this module. */
  readonly workerFile?: URL;
}

export class NodePool extends ThreadPool {
  constructor(options: NodePoolOptions = {}) {
    const { workers = availableParallelism(), hangSeconds = 30, workerFile } = options;
    super('node', { workers, hangSeconds }, () => new NodeThread(workerFile));
  }
}

export class NodeThread implements Thread {
  readonly #piscina: Piscina;

  constructor(
    workerFile?: URL,
    options: Pick<NonNullable<ConstructorParameters<typeof Piscina>[0]>, 'resourceLimits'> = {},
  ) {
    const fromSource = import.meta.url.endsWith('.ts');
    const entry = fromSource ? '../worker/entry-node.ts' : '../worker/entry-node.js';
    this.#piscina = new Piscina({
      filename: (workerFile ?? new URL(entry, import.meta.url)).href,
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Workers inherit the loader conditions, so that tests and development run from source.
      ...(fromSource ? { execArgv: ['--conditions=@lockstep/source'] } : {}),
      ...options,
    });
    // Of a thread that fails between segments, which piscina replaces; without a listener it would end the process.
    this.#piscina.on('error', () => {});
  }

  async run(segment: Segment): Promise<void> {
    await this.#piscina.run(segment);
  }

  end(): Promise<void> {
    return this.#piscina.destroy();
  }
}

/** In Chromium, the worker that owns the pools: runs one case of the pool contract by its number. */
import { BrowserPool } from '@lockstep/scheduler/browser';
import { expose } from 'comlink';
import { poolContract } from '../../../packages/scheduler/test/pool-contract.ts';

export interface ContractApi {
  /** The case's error, or nothing. */
  run(index: number): Promise<string | undefined>;
}

let last: Worker | undefined;

function createWorker(): Worker {
  last = new Worker(new URL('./trainer-worker.js', import.meta.url), { type: 'module' });
  return last;
}

const cases = poolContract('browser', (workers) => new BrowserPool({ workers, createWorker }), {
  threads: true,
  loseThread: () => last?.terminate(),
});

const api: ContractApi = {
  async run(index) {
    try {
      await cases[index]!.run();
      return undefined;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  },
};
expose(api);

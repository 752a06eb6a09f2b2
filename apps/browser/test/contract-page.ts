/** In Chromium, a page with nothing on it that lets the test reach the contract's worker. */
import { wrap } from 'comlink';
import type { ContractApi } from './contract-worker.ts';

declare global {
  /** Runs a case of the pool contract; gives its error, or nothing. */
  var runContractCase: (index: number) => Promise<string | undefined>;
}

const worker = new Worker(new URL('./contract-worker.js', import.meta.url), { type: 'module' });
const api = wrap<ContractApi>(worker);
globalThis.runContractCase = (index) => api.run(index);

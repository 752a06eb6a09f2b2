/** In a browser, the worker that owns the pools: fetches the jobs, runs them on Web Workers, posts each result to the server. */
import { BrowserPool } from '@lockstep/scheduler/browser';
import { type Job, runJobs } from './jobs.ts';

/** Of the browser's own line about itself, the part that names it. */
function runtimeName(userAgent: string): string {
  const [, product, version] = /(Firefox|Chrome)\/([\d.]+)/.exec(userAgent) ?? [];
  return product === undefined ? userAgent : `${product === 'Chrome' ? 'Chromium' : product} ${version}`;
}

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(path, { method: 'POST', body: JSON.stringify(body) });

function createWorker(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

try {
  const jobs = (await (await fetch('./jobs')).json()) as Job[];
  await runJobs(jobs, {
    setting: { runtime: runtimeName(navigator.userAgent), kernels: 'wasm-simd', pool: 'Web Workers' },
    createPool: (workers) => new BrowserPool({ workers, createWorker }),
    onResult: async (result) => {
      await post('./result', result);
    },
  });
  await post('./end', {});
} catch (error) {
  await post('./end', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

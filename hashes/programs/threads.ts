/** What Node, Bun and Deno run: the jobs of the first argument on worker threads; a line of JSON on stdout for each. */
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { type Job, type JobResult, runJobs } from './jobs.ts';

export interface ThreadsRequest {
  readonly jobs: readonly Job[];
  readonly revectorize: boolean;
}

const { jobs, revectorize } = JSON.parse(process.argv[2] ?? '') as ThreadsRequest;

await runJobs(jobs, {
  setting: {
    runtime: runtimeName(process.versions),
    kernels: revectorize ? enableRevectorize() : 'wasm-simd',
    pool: 'piscina',
  },
  createPool: (workers) => new NodePool({ workers, workerFile: new URL('./worker.js', import.meta.url) }),
  onResult: (result: JobResult) => console.log(JSON.stringify(result)),
});

/** Bun and Deno say of which Node they are a likeness, too: they come first. */
function runtimeName({ bun, deno, node, v8 }: NodeJS.ProcessVersions): string {
  if (bun !== undefined) return `Bun ${bun} (JavaScriptCore)`;
  const engine = `V8 ${v8.split('.').slice(0, 2).join('.')}`;
  return deno === undefined ? `Node ${node} (${engine}, ${process.arch})` : `Deno ${deno} (${engine})`;
}

/** Runs recipes through engines, modes and cuts, and says whether every training of a recipe gave the same hashes. */
import type { Bundles } from './engines/bundles.ts';
import type { Cuts, Engine, Mode } from './engines/engine.ts';
import type { Job, JobResult } from './programs/jobs.ts';

/** Cuts of the batch: one worker and the planned shards is what everybody is compared to. */
export function jobsFor(recipes: readonly string[], cuts: Cuts): Job[] {
  return cutsOf(cuts).flatMap((cut) => recipes.map((recipe) => ({ recipe, ...cut })));
}

function cutsOf(cuts: Cuts): Omit<Job, 'recipe'>[] {
  if (cuts === 'few') return [{ workers: 1 }, { workers: 3, shards: 5 }];
  const workers = cuts === 'full' ? [1, 2, 3, 7] : [1, 3];
  return workers.flatMap((count) => [{ workers: count }, ...[1, 5].map((shards) => ({ workers: count, shards }))]);
}

export interface MatrixResult extends JobResult {
  readonly engine: string;
  readonly mode: Mode['name'];
}

export interface MatrixWork {
  readonly engine: Engine;
  readonly path: string;
  readonly mode: Mode;
  readonly jobs: readonly Job[];
  readonly bundles: Bundles;
}

/** All jobs of one engine in one mode. An error when a training is missing, or ran with other kernels than the mode's. */
export async function runMode({ engine, ...work }: MatrixWork): Promise<MatrixResult[]> {
  const results: MatrixResult[] = [];
  const mode = work.mode.name;
  await engine.run({ ...work, onResult: (result) => results.push({ engine: engine.name, mode, ...result }) });
  if (results.length !== work.jobs.length)
    throw new Error(
      `${engine.name}, ${mode}: ${work.jobs.length} trainings were asked for, ${results.length} came back`,
    );
  const expected = work.mode.revectorize === 'used' ? 'wasm-simd-revectorized' : 'wasm-simd';
  const other = results.find(({ kernels }) => kernels !== expected);
  if (other) throw new Error(`${engine.name}, ${mode}: ran ${other.kernels} kernels, expected ${expected}`);
  return results;
}

export interface Hashes {
  readonly weights: string;
  readonly outputs: string;
}

/** The different hashes of a recipe, the most frequent first, each with the trainings that gave it. */
export function hashesOf(results: readonly MatrixResult[], recipe: string): [hashes: Hashes, from: MatrixResult[]][] {
  const groups = Map.groupBy(
    results.filter(({ job }) => job.recipe === recipe),
    ({ weights, outputs }) => `${weights} ${outputs}`,
  );
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .map((from) => [{ weights: from[0]!.weights, outputs: from[0]!.outputs }, from]);
}

/** A training in a few words: `bun optimised, 3 workers, 5 shards`. */
export function describe({ engine, mode, job }: MatrixResult): string {
  return `${engine} ${mode}, ${job.workers} workers, ${job.shards ?? 'planned'} shards`;
}

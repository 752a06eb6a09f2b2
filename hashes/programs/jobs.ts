/** What an engine is asked to do, and what it answers: one line a training. */
import type { Pool } from '@lockstep/scheduler';
import { recipes } from '../recipes/index.ts';
import { type RecipeHashes, runRecipe } from '../recipes/recipe.ts';

/** A training of a recipe, cut in one way. */
export interface Job {
  readonly recipe: string;
  readonly workers: number;
  /** Logical shards of a batch; absent: as planned. */
  readonly shards?: number;
}

/** Which kernels an engine runs, and who runs them. */
export interface Setting {
  /** The engine's own name of itself and its version. */
  readonly runtime: string;
  readonly kernels: 'wasm-simd' | 'wasm-simd-revectorized';
  readonly pool: string;
}

export interface JobResult extends RecipeHashes, Setting {
  readonly job: Job;
  readonly seconds: number;
}

export interface JobRunner {
  readonly setting: Setting;
  /** A pool of so many workers. */
  createPool(workers: number): Pool;
  /** Takes each result as soon as it is there. */
  onResult(result: JobResult): void | Promise<void>;
}

/** Runs the jobs one after the other; jobs of one number of workers that follow each other share a pool. */
export async function runJobs(jobs: readonly Job[], { setting, createPool, onResult }: JobRunner): Promise<void> {
  let pool: Pool | undefined;
  try {
    for (const job of jobs) {
      if (pool?.workers !== job.workers) {
        await pool?.close();
        pool = createPool(job.workers);
      }
      const recipe = recipes[job.recipe];
      if (!recipe)
        throw new RangeError(`there is no recipe ${job.recipe}; there are ${Object.keys(recipes).join(', ')}`);
      const start = performance.now();
      const hashes = await runRecipe(recipe, { pool, shards: job.shards });
      await onResult({ job, ...setting, ...hashes, seconds: (performance.now() - start) / 1000 });
    }
  } finally {
    await pool?.close();
  }
}

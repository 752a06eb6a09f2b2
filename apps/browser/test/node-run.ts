/** The same runs in Node, on worker threads: what the page must equal. */
import { Adam, defaultArena, manualSeed, SGD } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import type { Dataset } from '@lockstep/data';
import { loadDataset, readCsv } from '@lockstep/data/node';
import { arenaAllocator, tableSplits, train, weightsHash } from '@lockstep/scheduler';
import { NodePool } from '@lockstep/scheduler/node';

export interface NodeRun {
  /** The first MNIST images, or all rows of a table. */
  readonly data: { readonly limit: number } | { readonly csv: string; readonly label: string };
  readonly model?: 'seed-net' | 'mlp';
  readonly inputDropout?: number;
  readonly batchSize: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly epochs?: number;
}

export const seed = 7;

/** The weightsHash of a run without any pause, as the command line trains it. */
export async function nodeHash(run: NodeRun): Promise<string> {
  const { batchSize, optimizer, epochs = 1, inputDropout } = run;
  const pool = new NodePool({ workers: 2 });
  try {
    const data = await dataOf(run);
    manualSeed(seed);
    const model =
      run.model === 'mlp'
        ? new MLP(data.shape, data.classes.length, inputDropout === undefined ? {} : { inputDropout })
        : new SeedNet(data.shape, data.classes.length);
    const parameters = model.parameters();
    await train({
      model,
      optimizer: optimizer === 'sgd' ? new SGD(parameters, { lr: 0.02, momentum: 0.9 }) : new Adam(parameters),
      ...{ data, epochs, batchSize, seed, pool },
    });
    return await weightsHash(model);
  } finally {
    await pool.close();
  }
}

async function dataOf({ data }: NodeRun): Promise<Dataset> {
  if ('csv' in data) return tableSplits(await readCsv(data.csv, { label: data.label })).train;
  return loadDataset('mnist', { split: 'train', limit: data.limit, allocate: arenaAllocator(defaultArena()) });
}

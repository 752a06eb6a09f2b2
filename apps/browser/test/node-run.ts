/** The same runs in Node, on worker threads: what the page must equal. */
import { Adam, defaultArena, manualSeed, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, train, weightsHash } from '@lockstep/scheduler';
import { NodePool } from '@lockstep/scheduler/node';

export interface NodeRun {
  readonly limit: number;
  readonly batchSize: number;
  readonly optimizer: 'sgd' | 'adam';
}

const seed = 7;

/** The weightsHash after one epoch of the seed network on the first MNIST images, as the command line trains it. */
export async function nodeHash({ limit, batchSize, optimizer }: NodeRun): Promise<string> {
  const pool = new NodePool({ workers: 2 });
  try {
    const data = await loadDataset('mnist', { split: 'train', limit, allocate: arenaAllocator(defaultArena()) });
    manualSeed(seed);
    const model = new SeedNet(data.shape, data.classes.length);
    const parameters = model.parameters();
    await train({
      model,
      optimizer: optimizer === 'sgd' ? new SGD(parameters, { lr: 0.02, momentum: 0.9 }) : new Adam(parameters),
      data,
      epochs: 1,
      batchSize,
      seed,
      pool,
    });
    return await weightsHash(model);
  } finally {
    await pool.close();
  }
}

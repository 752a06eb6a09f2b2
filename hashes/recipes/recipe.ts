/** What a recipe is, and how one is run: a small training whose every bit is written down in two hashes. */
import { manualSeed, type nn, type Optimizer } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { type Pool, predict, type TrainOptions, train, weightsHash } from '@lockstep/scheduler';
import { sha256Hex } from './sha256.ts';

/** A training without what must not matter: pool and shards. */
export interface Training extends Omit<TrainOptions, 'data' | 'pool' | 'shards' | 'seed' | 'onEvent'> {
  readonly data: Dataset;
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
}

export interface Recipe {
  /** What is trained, in a line. */
  readonly title: string;
  /** A new model, optimizer and data set. Called after the seed is set, so that the first weights are the recipe's as well. */
  make(): Training;
}

export interface RecipeRun {
  readonly pool: Pool;
  /** Absent: as planned from the batch size. */
  readonly shards?: number | undefined;
  /** Default 7, which the published hashes have. */
  readonly seed?: number;
}

export interface RecipeHashes {
  /** `weightsHash` of the trained model. */
  readonly weights: string;
  /** SHA-256 of what a run shows besides: the loss of every step, buffers (running statistics), averaged weights and predictions. */
  readonly outputs: string;
  /** Mean training loss of the first and of the last epoch: the recipe learns. */
  readonly losses: readonly [first: number, last: number];
  readonly steps: number;
}

export async function runRecipe(recipe: Recipe, { pool, shards, seed = 7 }: RecipeRun): Promise<RecipeHashes> {
  manualSeed(seed);
  const training = recipe.make();
  const stepLosses: number[] = [];
  const epochLosses: number[] = [];
  const { steps } = await train({
    ...training,
    seed,
    pool,
    ...(shards === undefined ? {} : { shards }),
    onEvent: (event) => {
      if (event.type === 'step') stepLosses.push(event.loss);
      if (event.type === 'epoch') epochLosses.push(event.trainLoss);
    },
  });
  const { model, data, average } = training;
  const predicted = await predict(model, data, { pool, ...(shards === undefined ? {} : { shards }) });
  const outputs = await sha256Hex([
    Float64Array.from(stepLosses),
    ...[...model.namedBuffers()].map(([, buffer]) => buffer.data),
    ...[...(average?.averages.values() ?? [])].map(({ data: values }) => values),
    predicted.data,
  ]);
  return { weights: await weightsHash(model), outputs, losses: [epochLosses[0]!, epochLosses.at(-1)!], steps };
}

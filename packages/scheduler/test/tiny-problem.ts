/** A small problem for tests of training: points of three classes, a network with dropout, a run of it, everything from one seed. */
import { Adam, Muon, manualSeed, type nn, type Optimizer, SGD } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import type { Pool } from '../src/pool/pool.ts';
import { evaluate } from '../src/train/evaluate.ts';
import type { TrainOptions, TrainResult } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

export const features = 6;
export const classes = 3;

/** `count` points: class k lies around 2 in coordinates k and k + 3, around 0 in the others. */
export function points(count: number): FeatureDataset {
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const values = labels.flatMap((label, i) =>
    Array.from({ length: features }, (_, j) => (j % classes === label ? 2 : 0) + 0.5 * Math.sin(7 * i + 13 * j)),
  );
  return arrayDataset({ features: values, labels, shape: [features] });
}

/** Two layers with dropout between them, the same weights for the same seed. */
export function tinyNet(seed = 7): nn.Module {
  manualSeed(seed);
  return new MLP([features], classes, { hidden: [16], dropout: 0.5 });
}

export const optimizers = {
  sgd: (model: nn.Module): Optimizer => new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
  adam: (model: nn.Module): Optimizer => new Adam(model.parameters(), { lr: 0.01 }),
  muon: (model: nn.Module): Optimizer => {
    const parameters = model.parameters();
    const rest = { params: parameters.filter(({ rank }) => rank !== 2), useMuon: false };
    return new Muon([{ params: parameters.filter(({ rank }) => rank === 2), lr: 0.02 }, rest]);
  },
} as const;

export interface TinyRun {
  readonly hash: string;
  readonly result: TrainResult;
  readonly loss: number;
  readonly accuracy: number;
}

/** Trains a new network and evaluates it on the same pool. */
export async function tinyRun(
  options: Partial<TrainOptions> & { pool?: Pool; kind?: keyof typeof optimizers } = {},
): Promise<TinyRun> {
  const { kind = 'sgd', ...rest } = options;
  const model = tinyNet();
  const data = rest.data ?? points(50);
  const optimizer = optimizers[kind](model);
  const result = await train({ model, optimizer, data, epochs: 2, batchSize: 16, seed: 7, ...rest });
  const { loss, accuracy } = await evaluate({ model, data, ...(rest.pool ? { pool: rest.pool } : {}) });
  return { hash: await weightsHash(model), result, loss, accuracy };
}

/** One long training with evaluation and checkpoints, looked at again and again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualSeed, type nn, SGD } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import { allocateShared, arrayDataset, type Dataset } from '@lockstep/data';
import { loadDataset } from '@lockstep/data/node';
import { type TrainEvent, train } from '@lockstep/scheduler';
import { CheckpointFolder, CheckpointWriter, NodePool } from '@lockstep/scheduler/node';
import { type Sample, sampleProcess } from './sample.ts';

export const models = ['seed-net', 'tiny'] as const;
export type ModelName = (typeof models)[number];

export interface SoakOptions {
  readonly minutes: number;
  readonly workers: number;
  /** `seed-net` on MNIST, or a network of two layers on points. */
  readonly model: ModelName;
}

export interface SoakReport {
  readonly samples: readonly Sample[];
  readonly steps: number;
  readonly epochs: number;
  readonly checkpoints: number;
}

interface Task {
  readonly model: nn.Module;
  readonly data: Dataset;
  readonly test: Dataset;
  readonly batchSize: number;
}

/** Samples of a run. */
const looks = 120;

export async function soak({ minutes, workers, model: name }: SoakOptions): Promise<SoakReport> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-soak-'));
  const pool = new NodePool({ workers });
  try {
    manualSeed(1);
    const { model, data, test, batchSize } = await taskOf(name);
    const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
    let checkpoints = 0;
    const writer = new CheckpointWriter({
      folder: await CheckpointFolder.open(folder),
      onSaved: () => checkpoints++,
      onError: (error) => {
        throw error;
      },
    });
    const watch = watched(batchSize);
    const timer = setInterval(() => watch.look(optimizer.steps), (minutes * 60_000) / looks);
    const { steps, epochs } = await train({
      ...{ model, optimizer, data, test, batchSize, pool },
      seed: 1,
      epochs: Number.MAX_SAFE_INTEGER,
      signal: AbortSignal.timeout(minutes * 60_000),
      snapshotEvery: { minutes: minutes / 40 },
      onSnapshot: (state) => writer.submit(state),
      onEvent: watch.follow,
    }).finally(() => clearInterval(timer));
    await writer.idle();
    return { samples: watch.samples, steps, epochs, checkpoints };
  } finally {
    await pool.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Begins with the first step: what is compiled and allocated before is no growth. */
function watched(batchSize: number): {
  samples: Sample[];
  look: (steps: number) => void;
  follow: (event: TrainEvent) => void;
} {
  const samples: Sample[] = [];
  let [first, lastMs, lastSteps] = [0, 0, 0];
  return {
    samples,
    look(steps) {
      if (first === 0) return;
      const now = performance.now();
      const samplesPerSecond = ((steps - lastSteps) * batchSize * 1000) / (now - lastMs);
      samples.push({ seconds: (now - first) / 1000, steps, samplesPerSecond, ...sampleProcess() });
      [lastMs, lastSteps] = [now, steps];
    },
    follow({ type, step }) {
      if (first > 0 || type !== 'step') return;
      [first, lastMs, lastSteps] = [performance.now(), performance.now(), step];
    },
  };
}

async function taskOf(name: ModelName): Promise<Task> {
  if (name === 'tiny') {
    const labels = Array.from({ length: 160 }, (_, i) => i % 4);
    const features = Float32Array.from({ length: 160 * 8 }, (_, i) => ((i * 7919) % 13) / 13 + labels[i >> 3]!);
    const data = arrayDataset({ features, labels, shape: [8] });
    return { model: new MLP([8], 4, { hidden: [16] }), data, test: data, batchSize: 16 };
  }
  const data = await loadDataset('mnist', { split: 'train', limit: 8000, allocate: allocateShared });
  const test = await loadDataset('mnist', { split: 'test', limit: 1000, allocate: allocateShared });
  return { model: new SeedNet(data.shape, data.classes.length), data, test, batchSize: 64 };
}

/**
 * Rows beside other JavaScript frameworks, with `--peers`: training steps without dropout, so that nobody's random numbers are timed.
 * The seed network runs at batch 16: a step of TensorFlow.js takes ten seconds there.
 */
import { lockstep, lockstepName, peer, torchEverywhere, workerCounts } from '../commands.ts';
import type { Row } from '../row.ts';
import { trainingWork } from './training.ts';

const most = workerCounts.at(-1)!;

const mlp: Row = {
  name: 'peers-mlp',
  title: 'MLP 784-1024-1024-10, no dropout, batch 64, beside other JavaScript frameworks',
  unit: 'images/s',
  figure: 'imagesPerSecond',
  better: 'higher',
  peers: true,
  contenders: (effort) => {
    const { ours, theirs } = trainingWork(effort, { model: 'mlp', dropout: 0, batch: 64 });
    const work = { model: 'mlp', batch: 64 };
    return [
      lockstep('lockstep-train', most, ours),
      lockstep('lockstep-train', 1, ours),
      peer('jax-js wasm', 'jax', { ...work, steps: 20 }),
      peer('TensorFlow.js wasm', 'tfjs', { ...work, backend: 'wasm', steps: 5 }),
      peer('TensorFlow.js cpu', 'tfjs', { ...work, backend: 'cpu', steps: 3 }),
      ...torchEverywhere('torch_train', theirs),
    ];
  },
  targets: [
    { subject: lockstepName(most), against: 'jax-js wasm', atLeast: 8 },
    { subject: lockstepName(most), against: 'TensorFlow.js wasm', atLeast: 50 },
    { subject: lockstepName(most), against: 'TensorFlow.js cpu', atLeast: 50 },
  ],
};

const cnn: Row = {
  name: 'peers-cnn',
  title: 'seed network 3×32×32, no dropout, batch 16, beside other JavaScript frameworks',
  unit: 'images/s',
  figure: 'imagesPerSecond',
  better: 'higher',
  peers: true,
  rounds: 1,
  contenders: (effort) => {
    const { ours, theirs } = trainingWork(effort, { model: 'seed-net', dropout: 0, batch: 16 });
    const work = { model: 'seed-net', batch: 16 };
    return [
      lockstep('lockstep-train', most, ours),
      lockstep('lockstep-train', 1, ours),
      peer('jax-js wasm', 'jax', { ...work, steps: 3 }),
      // TensorFlow.js' wasm backend cannot train convolutions.
      peer('TensorFlow.js cpu', 'tfjs', { ...work, backend: 'cpu', steps: 1 }),
      ...torchEverywhere('torch_train', theirs),
    ];
  },
  targets: [
    { subject: lockstepName(most), against: 'jax-js wasm', atLeast: 300 },
    { subject: lockstepName(most), against: 'TensorFlow.js cpu', atLeast: 50 },
  ],
};

export const peerRows: readonly Row[] = [mlp, cnn];

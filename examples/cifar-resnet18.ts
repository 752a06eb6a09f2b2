/**
 * ResNet-18 on CIFAR-10 as it is usually trained: crops, flips and cutout, label smoothing, weight decay, one cycle of the rate, stochastic
 * depth. Hours on two cores; with checkpoints and resuming: npm run experiments -- cifar-resnet18. CIFAR-10 is fetched once:
 * `lockstep data add cifar10`.
 * Run: node --conditions=@lockstep/source examples/cifar-resnet18.ts
 */
import { cutout, defaultArena, F, manualSeed, randomCrop, randomHorizontalFlip, SGD } from '@lockstep/core';
import { resNet18 } from '@lockstep/core/models';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

const { epochs, ...limit } = flags({ epochs: 15 });
enableRevectorize();
const allocate = arenaAllocator(defaultArena());
const data = await loadDataset('cifar10', { split: 'train', allocate, ...limit });
const test = await loadDataset('cifar10', { split: 'test', allocate, ...limit });

manualSeed(7);
const model = resNet18(data.shape, data.classes.length, { dropPath: 0.1 });
const batchSize = 128;
const steps = epochs * Math.ceil(data.count / batchSize);
const pool = new NodePool();
const { samplesPerSecond } = await train({
  ...{ model, data, test, pool, epochs, batchSize, seed: 7 },
  optimizer: new SGD(model.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
  lrSchedule: { kind: 'oneCycle', totalSteps: steps },
  augment: [randomCrop({ padding: 4 }), randomHorizontalFlip(), cutout({ size: 8 })],
  // A step is traced once for training and once for evaluation: test losses are without smoothing.
  loss: (output, target) => F.crossEntropy(output, target, { labelSmoothing: model.training ? 0.1 : 0 }),
  onEvent: (event) => {
    if (event.type === 'step' && event.step % 50 === 0)
      console.log(`step ${event.step} of ${steps}: loss ${event.loss.toFixed(4)}, rate ${event.lr.toFixed(4)}`);
    if (event.type === 'evaluation')
      console.log(`epoch ${event.epoch}: test accuracy ${(100 * event.testAccuracy).toFixed(2)} %`);
  },
});
await pool.close();
console.log(`${Math.round(samplesPerSecond)} images a second, ${Math.round(data.count / samplesPerSecond)} s an epoch`);

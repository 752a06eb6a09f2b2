/**
 * The seed network (three convolutions, one dropout module called twice) on CIFAR-10, which is fetched once: `lockstep data add cifar10`.
 * Run: node --conditions=@lockstep/source examples/cifar-seed-net.ts
 */
import { defaultArena, manualSeed, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, evaluate, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

const { epochs, ...limit } = flags({ epochs: 10 });
enableRevectorize(); // the faster kernels, where V8 has them
const allocate = arenaAllocator(defaultArena());
const data = await loadDataset('cifar10', { split: 'train', allocate, ...limit });
const test = await loadDataset('cifar10', { split: 'test', allocate, ...limit });

manualSeed(7); // initial weights
const model = new SeedNet(data.shape, data.classes.length, { dropout: 0.25 });
const optimizer = new SGD(model.parameters(), { lr: 0.03, momentum: 0.9 });
const pool = new NodePool(); // a worker per core: the same bits for any number of them
const { samplesPerSecond } = await train({
  ...{ model, optimizer, data, test, pool, epochs, batchSize: 128, seed: 7 }, // the seed of shuffles and masks
  lrSchedule: { kind: 'cosine', tMax: epochs, unit: 'epoch' },
  onEvent: (event) => {
    if (event.type === 'epoch') console.log(`epoch ${event.epoch}: train loss ${event.trainLoss.toFixed(4)}`);
    if (event.type === 'evaluation') console.log(`         test accuracy ${(100 * event.testAccuracy).toFixed(2)} %`);
  },
});
console.log(`${Math.round(samplesPerSecond)} images a second\n`);

const { metrics } = await evaluate({ model, data: test, pool, metrics: ['recall'] });
await pool.close();
console.log('right of each class:');
for (const [c, name] of data.classes.entries())
  console.log(`${name.padEnd(12)} ${(100 * metrics!.recall!.perClass[c]!).toFixed(1)} %`);

/** A model of one's own, trained on MNIST on every core. Run: node --conditions=@lockstep/source examples/train-mnist.ts */
import { Adam, defaultArena, F, manualSeed, nn, type Tensor } from '@lockstep/core';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, train, weightsHash } from '@lockstep/scheduler';
import { NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

class Net extends nn.Module {
  readonly fc1 = new nn.Linear(784, 256);
  readonly dropout = new nn.Dropout(0.3);
  readonly fc2 = new nn.Linear(256, 10);

  override forward(x: Tensor): Tensor {
    const hidden = this.dropout.forward(F.relu(this.fc1.forward(x.flatten(1))));
    return this.fc2.forward(hidden);
  }
}

const { epochs, ...limit } = flags({ epochs: 3 });
const allocate = arenaAllocator(defaultArena());
const data = await loadDataset('mnist', { split: 'train', allocate, ...limit });
const test = await loadDataset('mnist', { split: 'test', allocate, ...limit });

manualSeed(7);
const model = new Net();
const optimizer = new Adam(model.parameters());
const pool = new NodePool();
await train({
  model,
  optimizer,
  data,
  test,
  pool,
  epochs,
  batchSize: 64,
  seed: 7,
  onEvent: (event) => {
    if (event.type === 'evaluation') console.log(`epoch ${event.epoch}: test accuracy ${event.testAccuracy}`);
  },
});
console.log('weightsHash', await weightsHash(model));
await pool.close();

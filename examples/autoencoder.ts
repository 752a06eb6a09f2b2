/**
 * An autoencoder: digits of 784 pixels through 16 numbers and back, by convolutions with stride and transposed ones. A step of one's own says
 * that the target is the input.
 * Run: node --conditions=@lockstep/source examples/autoencoder.ts
 */
import { Adam, defaultArena, F, manualSeed, nn, type Tensor } from '@lockstep/core';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, evaluate, predict, type StepContext, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

class Autoencoder extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 16, 3, { stride: 2, padding: 1 });
  readonly conv2 = new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1 });
  readonly code = new nn.Linear(32 * 7 * 7, 16);
  readonly spread = new nn.Linear(16, 32 * 7 * 7);
  readonly up1 = new nn.ConvTranspose2d(32, 16, 3, { stride: 2, padding: 1, outputPadding: 1 });
  readonly up2 = new nn.ConvTranspose2d(16, 1, 3, { stride: 2, padding: 1, outputPadding: 1 });

  encode(x: Tensor): Tensor {
    return this.code.forward(F.relu(this.conv2.forward(F.relu(this.conv1.forward(x)))).flatten(1));
  }

  override forward(x: Tensor): Tensor {
    const small = F.relu(this.spread.forward(this.encode(x))).reshape([-1, 32, 7, 7]);
    return this.up2.forward(F.relu(this.up1.forward(small)));
  }
}

const { epochs, ...limit } = flags({ epochs: 3 });
enableRevectorize();
const allocate = arenaAllocator(defaultArena());
const data = await loadDataset('mnist', { split: 'train', allocate, ...limit });
const test = await loadDataset('mnist', { split: 'test', allocate, ...limit });

manualSeed(7);
const model = new Autoencoder();
const pool = new NodePool();
const step = ({ inputs: { x } }: StepContext) => F.mseLoss(model.forward(x!), x!);
const loss = async () => (await evaluate({ model, data: test, pool, step })).loss.toFixed(4);
console.log(`reconstruction loss before training: ${await loss()}`);
await train({
  ...{ model, data, pool, epochs, batchSize: 64, seed: 7, step },
  optimizer: new Adam(model.parameters()),
  onEvent: (event) => {
    if (event.type === 'epoch') console.log(`epoch ${event.epoch}: training loss ${event.trainLoss.toFixed(4)}`);
  },
});
console.log(`reconstruction loss after training:  ${await loss()}\n`);

const shown = await loadDataset('mnist', { split: 'test', allocate, limit: 4 });
const drawn = (await predict(model, shown, { pool, activation: 'none' })).data;
await pool.close();
const [mean, std] = [test.mean[0]!, test.std[0]!];
/** Two rows of pixels a line, from nothing to black. */
const line = (pixel: (place: number) => number, digit: number, y: number) =>
  Array.from(
    { length: 28 },
    (_, x) => ' ░▒▓█'[Math.round(4 * Math.min(1, Math.max(0, pixel(784 * digit + 28 * y + x))))],
  );
for (let y = 0; y < 28; y += 2) {
  const given = [0, 1].map((digit) => line((place) => shown.images[place]! / 255, digit, y).join(''));
  const remade = [0, 1].map((digit) => line((place) => drawn[place]! * std + mean, digit, y).join(''));
  console.log(`${given[0]} → ${remade[0]}   ${given[1]} → ${remade[1]}`);
}

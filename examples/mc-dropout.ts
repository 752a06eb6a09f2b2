/**
 * Monte-Carlo dropout notices what a model has not learnt: trained on digits, it meets clothes. The area under the ROC curve is the chance
 * that a piece of clothing scores higher than a digit. Fashion-MNIST is fetched once: `lockstep data add fashion-mnist`.
 * Run: node --conditions=@lockstep/source examples/mc-dropout.ts
 */
import { Adam, cat, defaultArena, F, manualSeed, nn, type Tensor } from '@lockstep/core';
import { type Dataset, mnist } from '@lockstep/data';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, auroc, mcPredict, predict, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

class LeNet extends nn.Module {
  readonly conv1 = new nn.Conv2d(1, 16, 5);
  readonly conv2 = new nn.Conv2d(16, 32, 5);
  readonly fc1 = new nn.Linear(512, 128);
  readonly fc2 = new nn.Linear(128, 10);
  readonly dropout = new nn.Dropout(0.5);

  override forward(x: Tensor): Tensor {
    const first = F.maxPool2d(F.relu(this.conv1.forward(x)), { kernelSize: 2 });
    const second = F.maxPool2d(F.relu(this.conv2.forward(first)), { kernelSize: 2 });
    const hidden = F.relu(this.fc1.forward(this.dropout.forward(second.flatten(1))));
    return this.fc2.forward(this.dropout.forward(hidden));
  }
}

const { epochs, limit = 20_000 } = flags({ epochs: 3 });
enableRevectorize();
const allocate = arenaAllocator(defaultArena());
const digits = await loadDataset('mnist', { split: 'train', limit, allocate });
const unseen = await loadDataset('mnist', { split: 'test', limit: Math.min(limit, 2000), allocate });
const fashion = await loadDataset('fashion-mnist', { split: 'test', limit: Math.min(limit, 2000), allocate });
// Scaled as the digits are: the model knows no other scale.
const clothes: Dataset = { ...fashion, mean: mnist.mean, std: mnist.std };

manualSeed(7);
const model = new LeNet();
const pool = new NodePool();
await train({ model, optimizer: new Adam(model.parameters()), data: digits, pool, epochs, batchSize: 64, seed: 7 });

const softmax = [await predict(model, unseen, { pool }), await predict(model, clothes, { pool })];
const options = { samples: 50, seed: 7, pool };
const passes = [await mcPredict(model, unseen, options), await mcPredict(model, clothes, options)];
await pool.close();

const isClothes = Array.from({ length: unseen.count + clothes.count }, (_, i) => i >= unseen.count);
const rows: [name: string, scores: Tensor[]][] = [
  ['1 − max softmax, dropout off', softmax.map((p) => p.amax(-1).neg().add(1))],
  ['predictive entropy, 50 passes', passes.map(({ predictiveEntropy }) => predictiveEntropy)],
  ['mutual information, 50 passes', passes.map(({ mutualInformation }) => mutualInformation)],
];
console.log('score                          digits  clothes   AUROC');
for (const [name, scores] of rows) {
  const means = scores.map((score) => score.mean().item().toFixed(4));
  console.log(`${name.padEnd(31)}${means.join('   ')}  ${auroc(cat(scores).data, isClothes).toFixed(4)}`);
}

/**
 * A siamese network (Hadsell et al. 2006): one encoder with shared weights looks at two images, and the contrastive loss brings pairs of the
 * same digit together and pushes others apart. A model with two inputs, trained on a data set of named arrays.
 * Run: node --conditions=@lockstep/source examples/siamese.ts
 */
import { Adam, type DType, defaultArena, F, manualSeed, nn, type Tensor, tensor } from '@lockstep/core';
import { type TensorDataset, tensorDataset } from '@lockstep/data';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, auroc, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

class Siamese extends nn.Module {
  readonly fc1 = new nn.Linear(784, 256);
  readonly dropout = new nn.Dropout(0.2);
  readonly fc2 = new nn.Linear(256, 16);

  encode(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(F.relu(this.fc1.forward(x))));
  }

  /** The squared distance of the two codes: [B, 784] twice → [B]. */
  override forward(left: Tensor, right: Tensor): Tensor {
    return this.encode(left).sub(this.encode(right)).square().sum(1);
  }
}

/** d² for pairs of the same digit, max(0, margin − d)² for others; `same` is 1 or 0. */
function contrastiveLoss(squared: Tensor, same: Tensor, margin = 2): Tensor {
  const distance = squared.add(1e-6).sqrt(); // the root has no slope at 0
  const apart = F.relu(distance.neg().add(margin)).square();
  return same.mul(squared).add(same.neg().add(1).mul(apart)).mean();
}

/** Each image with a partner: the next of the same digit for every other one, else simply the next. */
async function pairs(split: 'train' | 'test', count: number): Promise<TensorDataset> {
  const { images, labels } = await loadDataset('mnist', { split, limit: count, allocate });
  const partners = Array.from({ length: count }, (_, i) => {
    let other = (i + 1) % count;
    while (i % 2 === 0 && labels[other] !== labels[i]) other = (other + 1) % count;
    return other;
  });
  const rows = (of: ArrayLike<number>) =>
    Float32Array.from({ length: 784 * count }, (_, i) => images[784 * of[Math.floor(i / 784)]! + (i % 784)]! / 255);
  const same = Float32Array.from(partners, (other, i) => Number(labels[other] === labels[i]));
  const inputs = { left: { values: rows([...partners.keys()]) }, right: { values: rows(partners) } };
  return tensorDataset({ count, inputs, targets: { same: { values: same } } });
}

/** How well the distance tells the pairs of a data set apart. */
function report(when: string, { inputs, targets, count }: TensorDataset): void {
  const [left, right] = [inputs.left!, inputs.right!].map(({ values }) => tensor(values, { shape: [count, 784] }));
  const distances = model.eval().forward(left!, right!).sqrt().data;
  const same = Array.from(targets.same!.values, Boolean);
  const mean = (of: boolean) => {
    const chosen = Array.from(distances).filter((_, i) => same[i] === of);
    return (chosen.reduce((sum, distance) => sum + distance, 0) / chosen.length).toFixed(2);
  };
  const area = auroc(
    distances,
    same.map((is) => !is),
  ); // the chance that another digit is farther away than the same
  console.log(`${when}: same digit ${mean(true)}, other digit ${mean(false)}, AUROC ${area.toFixed(4)}`);
}

const { epochs, limit = 20_000 } = flags({ epochs: 8 });
enableRevectorize();
const allocate = arenaAllocator(defaultArena());
manualSeed(7);
const model = new Siamese();
const [data, test] = [await pairs('train', limit), await pairs('test', Math.min(limit, 2000))];
const [pool, optimizer] = [new NodePool(), new Adam(model.parameters())];
report('mean distances before', test);
const loss = (squared: Tensor, same: Tensor<DType>) => contrastiveLoss(squared, same as Tensor);
await train({ model: model.train(), optimizer, data, pool, epochs, batchSize: 64, seed: 7, loss });
await pool.close();
report('mean distances after ', test);

/** Every member of the dropout family in the training loop: the same weights for any workers and shards, and it does something. */
import { cat, crossEntropy, F, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import type { LossFunction } from '../src/train/forward-step.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { planStep } from '../src/train/plan.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const shape = [2, 5, 5];

/** Noisy images of three classes: stripes down, across, or along the diagonal. */
const data: FeatureDataset = (() => {
  const labels = Array.from({ length: 22 }, (_, i) => i % 3);
  const features = labels.flatMap((label, i) =>
    Array.from({ length: 50 }, (_, j) => {
      const [x, y] = [j % 5, Math.floor(j / 5) % 5];
      return Math.sin(1.6 * [x, y, x + y][label]! + i) + 0.3 * Math.sin(31 * i + 17 * j);
    }),
  );
  return arrayDataset({ features, labels, shape });
})();

interface Member {
  /** A network with the member inside, of which a run makes a new one. */
  readonly build: () => nn.Module;
  /** Default: cross-entropy of its output. */
  readonly loss?: (model: nn.Module) => LossFunction;
}

const conv = () => new nn.Conv2d(2, 6, 3, { padding: 1 });
/** A convolution, the member on its images, and class scores. */
const onImages = (member: () => nn.Module) => () =>
  new nn.Sequential(conv(), member(), new nn.ReLU(), new nn.Flatten(), new nn.Linear(150, 3));
/** The member on rows of 150 features. */
const onRows = (member: () => nn.Module) => () =>
  new nn.Sequential(conv(), new nn.ReLU(), new nn.Flatten(), member(), new nn.Linear(150, 3));

/** The member on each row's 150 features as another shape. */
class Reshaped extends nn.Module {
  readonly member: nn.Module;
  readonly shape: readonly number[];

  constructor(member: nn.Module, ...shape: number[]) {
    super();
    this.member = member;
    this.shape = shape;
  }

  override forward(x: Tensor): Tensor {
    return this.member.forward(x.reshape([-1, ...this.shape])).flatten(1);
  }
}

/** Its loss has the regularisation of its own layer, as training with concrete dropout needs. */
class Concrete extends nn.Module {
  readonly conv = conv();
  readonly drop = new nn.ConcreteDropout(0.3);
  readonly head = new nn.Linear(150, 3);

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.drop.forward(this.conv.forward(x).relu()).flatten(1));
  }
}

/** Two passes of the same samples under different masks, [B, 2, C], for R-Drop. */
class TwoPasses extends nn.Module {
  readonly net = onRows(() => new nn.Dropout(0.3))();

  override forward(x: Tensor): Tensor {
    return cat([this.net.forward(x).unsqueeze(1), this.net.forward(x).unsqueeze(1)], 1);
  }
}

/** DropConnect of a convolution's weights, which the fused convolution and pooling reads packed. */
class DropConnectConv extends nn.Module {
  readonly conv = new nn.Conv2d(2, 16, 2);
  readonly head = new nn.Linear(64, 3);

  override forward(x: Tensor): Tensor {
    const weight = F.dropConnect(this.conv.weight, { p: 0.3, training: this.training });
    const y = F.maxPool2d(F.conv2d(x, weight, { bias: this.conv.bias }).relu(), { kernelSize: 2 });
    return this.head.forward(y.flatten(1));
  }
}

const members: Record<string, Member> = {
  Dropout: { build: onRows(() => new nn.Dropout(0.4)) },
  Dropout1d: { build: onRows(() => new Reshaped(new nn.Dropout1d(0.3), 30, 5)) },
  Dropout2d: { build: onImages(() => new nn.Dropout2d(0.3)) },
  Dropout3d: { build: onRows(() => new Reshaped(new nn.Dropout3d(0.3), 15, 2, 5, 1)) },
  AlphaDropout: { build: onRows(() => new nn.AlphaDropout(0.2)) },
  FeatureAlphaDropout: { build: onImages(() => new nn.FeatureAlphaDropout(0.2)) },
  GaussianDropout: { build: onRows(() => new nn.GaussianDropout(0.3)) },
  LockedDropout: { build: onRows(() => new Reshaped(new nn.LockedDropout(0.3), 5, 30)) },
  DropPath: { build: onRows(() => new nn.DropPath(0.3)) },
  DropConnectLinear: {
    build: () =>
      new nn.Sequential(new nn.Flatten(), new nn.DropConnectLinear(50, 700), new nn.ReLU(), new nn.Linear(700, 3)),
  },
  dropConnect: { build: () => new DropConnectConv() },
  DropBlock2d: { build: onImages(() => new nn.DropBlock2d(0.3, { blockSize: 3 })) },
  ConcreteDropout: {
    build: () => new Concrete(),
    loss: (model) => (output, target) => {
      const { drop, head } = model as Concrete;
      const options = { weightRegularizer: 1e-3, dropoutRegularizer: 1e-2 };
      return crossEntropy(output, target).add(drop.regularization(head.parameters(), options));
    },
  },
  MultiSampleDropout: {
    build: () =>
      new nn.Sequential(
        conv(),
        new nn.ReLU(),
        new nn.Flatten(),
        new nn.MultiSampleDropout(new nn.Linear(150, 3), { samples: 3, reduction: 'none' }),
      ),
    loss: () => F.multiSampleLoss,
  },
  'MultiSampleDropout, averaged': {
    build: onRows(() => new nn.MultiSampleDropout(new nn.Linear(150, 150), { samples: 2 })),
  },
  rDropLoss: {
    build: () => new TwoPasses(),
    loss: () => (output, target) => {
      const pass = (i: number) => output.slice([null, { start: i, end: i + 1 }]).squeeze(1);
      return F.rDropLoss(pass(0), pass(1), target, { alpha: 0.5 });
    },
  },
};

async function run(member: Member, options: Partial<TrainOptions> = {}): Promise<string> {
  manualSeed(9);
  const model = member.build();
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const loss = member.loss?.(model);
  await train({ model, optimizer, data, epochs: 2, batchSize: 10, seed: 7, ...(loss ? { loss } : {}), ...options });
  return weightsHash(model);
}

const pools = [new InlinePool(), new NodePool({ workers: 2 }), new NodePool({ workers: 3 })];
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

describe.each(Object.entries(members))('%s', (_, member) => {
  test('leaves the same weights for 1, 2 and 3 workers and 1 and 5 shards', async () => {
    const hashes: Record<string, string> = {};
    for (const pool of pools)
      for (const shards of [1, 5])
        hashes[`${pool.workers} workers, ${shards} shards`] = await run(member, { pool, shards });
    const names = Object.keys(hashes);
    expect(names.length).toBe(6);
    expect(hashes).toEqual(Object.fromEntries(names.map((name) => [name, hashes[names[0]!]])));
  });

  test('draws by the seed, and draws at all', async () => {
    const inEvaluation: Member = {
      ...member,
      build: () => {
        const model = member.build();
        return model.eval();
      },
    };
    const shuffle = { shuffle: false };
    const hashes = [
      await run(member, shuffle),
      await run(member, { ...shuffle, seed: 8 }),
      await run(inEvaluation, shuffle),
    ];
    expect(new Set(hashes).size).toBe(3);
  });

  test('learns: the loss of the last of 15 epochs is below that of the first', async () => {
    const losses: number[] = [];
    const onEvent: TrainOptions['onEvent'] = (event) => {
      if (event.type === 'epoch') losses.push(event.trainLoss);
    };
    await run(member, { epochs: 15, onEvent });
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  });
});

test('every exported member of the family is trained here', () => {
  // Second names of a layer, such as SpatialDropout2d, are the same class.
  const classes = new Set(Object.values(nn).filter((value) => value.prototype instanceof nn.DropoutModule));
  const exported = [...classes].map(({ name }) => name);
  expect(exported.length).toBeGreaterThan(12);
  expect(exported.filter((name) => !(name in members))).toEqual([]);
});

test('DropConnect is the work of many tasks: mask, packing, and the gradient with its update', () => {
  const model = new nn.Sequential(new nn.Flatten(), new nn.DropConnectLinear(50, 700), new nn.Linear(700, 3));
  const optimizer = new SGD(model.parameters(), { lr: 0.05 });
  const { ops } = planStep({ model, optimizer, inputShape: [50], batchSize: 16 }).labels!;
  const tasksOf = (name: string) => ops.filter(({ op }) => op === name).map(({ tasks }) => tasks);
  // 700 rows of 50: two tiles of 352 and 348 rows, packed 64 rows at a time.
  expect(tasksOf('dropout')).toEqual([2, 2]);
  expect(tasksOf('packWeights')).toContain(11);
  const update = ops.find(({ op, layer, tasks }) => op === 'update' && layer === '1' && tasks === 2)!;
  expect(update.reason).toBe("in the task of its gradient's tile");
  expect(ops.find(({ op, phase }) => op === 'dropout' && phase === update.phase)).toBeDefined();
});

test('the mask of DropConnect has a gradient: dropped weights do not move in a step of plain SGD', async () => {
  manualSeed(9);
  const layer = new nn.DropConnectLinear(50, 3);
  const model = new nn.Sequential(new nn.Flatten(), layer);
  const before = layer.weight.data.slice();
  await train({ model, optimizer: new SGD(model.parameters(), { lr: 0.5 }), data, epochs: 1, batchSize: 22, seed: 7 });
  const still = layer.weight.data.filter((value, i) => value === before[i]).length;
  expect(still).toBeGreaterThan(50);
  expect(still).toBeLessThan(100);
});

/** What random draws do not reach is computed once a block: with the bits of computing it in every pass. */
import {
  F,
  fixedValues,
  fuse,
  inputTensor,
  manualSeed,
  nn,
  randn,
  type Tensor,
  traceWith,
  zeros,
} from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { afterAll, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import { mcPredict } from '../src/train/mc-predict.ts';

const shape = [2, 8, 8];
const pool = new NodePool({ workers: 2 });
afterAll(() => pool.close());

/**
 * Convolutions, dropout on images, a way around it, and dropout on features. The first dropout call is of zeros: with `early` they are added
 * to the images, which changes no value and makes everything after it random.
 */
class Net extends nn.Module {
  readonly conv1 = new nn.Conv2d(2, 5, 3, { padding: 1 });
  readonly conv2 = new nn.Conv2d(5, 5, 3, { padding: 1 });
  readonly dropout = new nn.Dropout(0.25);
  readonly fc = new nn.Linear(80, 3);
  readonly direct = new nn.Linear(128, 3);
  readonly early: boolean;

  constructor(early: boolean) {
    super();
    this.early = early;
  }

  override forward(images: Tensor): Tensor {
    const nothing = F.dropout(zeros(images.shape));
    const x = this.early ? images.add(nothing) : images;
    const first = F.maxPool2d(F.relu(this.conv1.forward(x)), { kernelSize: 2 });
    const second = F.relu(this.conv2.forward(this.dropout.forward(first))).add(first);
    const scores = this.fc.forward(this.dropout.forward(second.flatten(1)));
    return scores.add(this.direct.forward(x.flatten(1)));
  }
}

function net(early: boolean): Net {
  manualSeed(9);
  return new Net(early);
}

function fixedShapes(model: nn.Module): (readonly number[])[] {
  const trace = () => fuse([model.forward(inputTensor('x', { shape: [4, ...shape], dtype: 'f32' })).node]);
  return fixedValues(traceWith(0, trace), 4).map((node) => node.shape);
}

test('the fixed values are those that random ones read', () => {
  expect(fixedShapes(net(false))).toEqual([
    [4, 5, 4, 4],
    [4, 3],
  ]);
  expect(fixedShapes(net(true))).toEqual([]);
  // An input under another shape is not worth a program of its own.
  expect(fixedShapes(new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.5), new nn.Linear(128, 3)))).toEqual([]);
  // Nothing is random: all of it is fixed.
  expect(fixedShapes(new nn.Sequential(new nn.Flatten(), new nn.Linear(128, 3), new nn.Dropout(0)))).toEqual([[4, 3]]);
});

test('computed once or in every pass: the same bits, for any workers and shards', async () => {
  const x = randn([300, ...shape], { seed: 2 });
  const often = await mcPredict(net(true), x, { samples: 5, seed: 3 });
  for (const options of [{}, { pool }, { pool, shards: 3 }]) {
    const once = await mcPredict(net(false), x, { samples: 5, seed: 3, ...options });
    for (const name of ['mean', 'std', 'expectedEntropy', 'mutualInformation'] as const)
      expectBitsEqual(once[name].data, often[name].data, name);
  }
  expect(Math.min(...often.std.data)).toBeGreaterThan(0);
});

test('an AbortSignal ends the passes', async () => {
  const stop = new AbortController();
  const running = mcPredict(net(false), randn([256, ...shape], { seed: 2 }), {
    samples: 20_000,
    pool,
    signal: stop.signal,
  });
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(running).rejects.toThrow('enough');
});

/** Layers that need more than p, or something else than images [B, 8, 4, 4]. */
const cases: Record<string, { layer?: () => nn.Module; shape?: readonly number[] }> = {
  DropBlock2d: { layer: () => new nn.DropBlock2d(0.3, { blockSize: 2 }) },
  DropConnectLinear: { layer: () => new nn.DropConnectLinear(128, 128), shape: [128] },
  Dropout1d: { shape: [8, 16] },
  SpatialDropout1d: { shape: [8, 16] },
  LockedDropout: { shape: [8, 16] },
  MultiSampleDropout: { layer: () => new nn.MultiSampleDropout(new nn.Identity(), { samples: 3 }) },
  VariationalDropout: { shape: [8, 16] },
};

test.each(
  Object.entries(nn).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof nn.DropoutModule,
  ) as [string, new (p: number) => nn.Module][],
)('passes with nn.%s disagree', async (name, Layer) => {
  manualSeed(4);
  const { layer, shape: sample = [8, 4, 4] } = cases[name] ?? {};
  const model = new nn.Sequential(layer?.() ?? new Layer(0.5), new nn.Flatten(), new nn.Linear(128, 3));
  const { std } = await mcPredict(model, randn([16, ...sample], { seed: 5 }), { samples: 30 });
  const largest = Array.from({ length: 16 }, (_, i) => Math.max(...std.data.subarray(3 * i, 3 * i + 3)));
  expect(Math.min(...largest)).toBeGreaterThan(0.01);
});

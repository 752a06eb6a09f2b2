/** Monte-Carlo dropout: against passes computed here mask by mask, for any workers and shards, and against theory. */
import { F, manualSeed, nn, philox, randn, streamKey, type Tensor, tensor } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { expectBitsEqual, expectClose } from '@lockstep/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import { type McPredictOptions, mcPredict } from '../src/train/mc-predict.ts';
import { predict } from '../src/train/predict.ts';

const [features, hidden, classes, p] = [6, 40, 3, 0.25];
/** More than one block of 256. */
const count = 300;

class Net extends nn.Module {
  readonly fc1 = new nn.Linear(features, hidden);
  readonly dropout = new nn.Dropout(p);
  readonly fc2 = new nn.Linear(hidden, classes);

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(F.relu(this.fc1.forward(x))));
  }
}

function problem() {
  manualSeed(3);
  return { model: new Net(), x: randn([count, features], { std: 2 }) };
}

/** What dropout with the tests' p multiplies by in one pass: 0 or 1/(1 − p), from Philox alone. */
function factors(seed: number, pass: number): Tensor {
  const key = streamKey(seed, 'dropout');
  const result = new Float32Array(count * hidden);
  for (let i = 0; i < count; i++) {
    for (let e = 0; e < hidden; e++) {
      const [group, at] = [Math.floor(e / 32), e % 32];
      const step = Math.floor(i / 256) * 65536 + pass;
      const word = philox([4 * group + ((at % 8) >> 1), i % 256, step, 0], key)[Math.floor(at / 8)]!;
      const number = at % 2 === 0 ? word & 0xffff : word >>> 16;
      result[i * hidden + e] = number >= p * 65536 ? 1 / (1 - p) : 0;
    }
  }
  return tensor(result, { shape: [count, hidden] });
}

const everything = (result: Record<string, unknown>) =>
  Object.entries(result).flatMap(([name, value]) =>
    typeof value === 'number' ? [] : [[name, value as Tensor] as const],
  );

function expectSame(actual: object, expected: object) {
  const others = new Map(everything({ ...expected }));
  for (const [name, value] of everything({ ...actual })) expectBitsEqual(value.data, others.get(name)!.data, name);
}

describe('one pass', () => {
  test('has the bits of the eager model with masks by block, pass and place', async () => {
    const { model, x } = problem();
    const { mean } = await mcPredict(model, x, { samples: 1, seed: 11 });
    const dropped = F.relu(model.fc1.forward(x)).mul(factors(11, 0));
    expectBitsEqual(mean.data, model.fc2.forward(dropped).softmax().data);
  });

  test('draws in the first block what F.dropout draws for its first call', async () => {
    const { model, x } = problem();
    const first = x.slice([{ end: 200 }]);
    const { mean } = await mcPredict(model, first, { samples: 1, seed: 11 });
    manualSeed(11);
    expectBitsEqual(mean.data, model.train().forward(first).softmax().data);
  });
});

test('mean, deviation and entropies are those of the passes', async () => {
  const { model, x } = problem();
  const samples = 7;
  const result = await mcPredict(model, x, { samples, seed: 11 });
  const passes = Array.from({ length: samples }, (_, pass) => {
    const dropped = F.relu(model.fc1.forward(x)).mul(factors(11, pass));
    return [...model.fc2.forward(dropped).softmax().data];
  });
  const mean = passes[0]!.map((_, i) => passes.reduce((sum, values) => sum + values[i]!, 0) / samples);
  const variance = mean.map((m, i) => passes.reduce((sum, values) => sum + (values[i]! - m) ** 2, 0) / (samples - 1));
  const entropies = (values: readonly number[]) =>
    Array.from({ length: count }, (_, i) =>
      values.slice(i * classes, (i + 1) * classes).reduce((sum, q) => sum - q * Math.log(q), 0),
    );
  const predictive = entropies(mean);
  const each = passes.map(entropies);
  const expected = predictive.map((_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / samples);
  expectClose(result.mean.data, mean, { tolerance: 1e-6 });
  expectClose(result.std.data, variance.map(Math.sqrt), { tolerance: 1e-6 });
  expectClose(result.predictiveEntropy.data, predictive, { tolerance: 1e-6 });
  expectClose(result.expectedEntropy.data, expected, { tolerance: 1e-6 });
  const information = predictive.map((value, i) => value - expected[i]!);
  expectClose(result.mutualInformation.data, information, { tolerance: 1e-6 });
  expect(Math.max(...information)).toBeGreaterThan(0.02);
  const largest = Array.from({ length: count }, (_, i) => {
    const row = mean.slice(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
  expect([...result.prediction.data]).toEqual(largest);
  expect(result).toMatchObject({ samples });
  expect(Object.fromEntries(everything({ ...result }).map(([name, { shape }]) => [name, shape]))).toEqual({
    mean: [count, classes],
    std: [count, classes],
    predictiveEntropy: [count],
    expectedEntropy: [count],
    mutualInformation: [count],
    prediction: [count],
  });
});

describe('the bits', () => {
  const pools = [1, 2, 3].map((workers) => new NodePool({ workers }));
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  test('are the same for 1, 2 and 3 workers and 1 and 5 shards', async () => {
    const { model, x } = problem();
    const expected = await mcPredict(model, x, { samples: 9 });
    for (const pool of pools)
      for (const shards of [1, 5]) expectSame(await mcPredict(model, x, { samples: 9, pool, shards }), expected);
  });

  test('are a function of the seed', async () => {
    const { model, x } = problem();
    const run = (seed: number) => mcPredict(model, x, { samples: 3, seed });
    expectSame(await run(5), await run(5));
    const [five, six] = [await run(5), await run(6)];
    expect([...five.mean.data]).not.toEqual([...six.mean.data]);
  });

  test('of an input depend on its place and not on the inputs after it', async () => {
    const { model, x } = problem();
    const whole = await mcPredict(model, x, { samples: 4 });
    for (const end of [1, 20, 257]) {
      const part = await mcPredict(model, x.slice([{ end }]), { samples: 4 });
      const front = everything({ ...whole }).map(([name, value]) => [name, value.slice([{ end }])]);
      expectSame(part, Object.fromEntries(front));
    }
  });

  test('are the same for a data set and for a tensor of its samples', async () => {
    const { model, x } = problem();
    const labels = new Array(count).fill(0);
    const data = arrayDataset({ features: Float32Array.from(x.data), labels, shape: [features] });
    expectSame(await mcPredict(model, data, { samples: 3 }), await mcPredict(model, x, { samples: 3 }));
  });

  test('of different inputs come from different masks, in other blocks too', async () => {
    const { model, x } = problem();
    const same = x.slice([{ end: 1 }]).expand([600, features]);
    const { mean } = await mcPredict(model, same, { samples: 1 });
    expect(new Set(mean.slice([null, { end: 1 }]).data).size).toBeGreaterThan(590);
  });
});

describe('modes', () => {
  const modes = (model: nn.Module) => [...model.namedModules()].map(([, { training }]) => training);

  test('batch normalisation stays in evaluation: running statistics are used and not changed', async () => {
    manualSeed(5);
    const model = new nn.Sequential(
      new nn.Linear(features, 8),
      new nn.BatchNorm1d(8),
      new nn.Dropout(0),
      new nn.Linear(8, classes),
    );
    model.train().forward(randn([64, features], { mean: 1 }));
    const before = [...model.namedBuffers()].map(([, { data }]) => [...data]);
    const x = randn([30, features]);
    model.train();
    const training = modes(model);
    const { mean } = await mcPredict(model, x, { samples: 3 });
    expect(modes(model)).toEqual(training);
    expect([...model.namedBuffers()].map(([, { data }]) => [...data])).toEqual(before);
    expectBitsEqual(mean.data, model.eval().forward(x).softmax().data);
  });

  test('are given back after a forward that throws', async () => {
    class Broken extends Net {
      override forward(x: Tensor): Tensor {
        expect(modes(this)).toEqual([false, false, true, false]);
        super.forward(x);
        throw new Error('in between');
      }
    }
    const model = new Broken();
    model.fc2.training = false;
    const before = modes(model);
    await expect(mcPredict(model, randn([4, features]))).rejects.toThrow('in between');
    expect(modes(model)).toEqual(before);
  });
});

describe('identities', () => {
  const passes: McPredictOptions & { activation?: 'softmax' } = { samples: 20 };

  test('entropies lie between 0 and ln C, and mutual information is not negative', async () => {
    const { model, x } = problem();
    const { predictiveEntropy, expectedEntropy, mutualInformation, mean } = await mcPredict(model, x.mul(20), passes);
    for (const { data } of [predictiveEntropy, expectedEntropy]) {
      expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...data)).toBeLessThanOrEqual(Math.log(classes) + 1e-6);
    }
    expect(Math.min(...mutualInformation.data)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...mean.data)).toBeLessThan(1e-8);
  });

  test('with p = 0 every pass is the deterministic one: no deviation and no mutual information, exactly', async () => {
    manualSeed(1);
    const model = new MLP([features], classes, { hidden: [16], dropout: 0 });
    const x = randn([300, features], { std: 30 });
    const { mean, std, mutualInformation } = await mcPredict(model, x, passes);
    expectBitsEqual(mean.data, (await predict(model, x)).data);
    expect(new Set([...std.data, ...mutualInformation.data])).toEqual(new Set([0]));
  });
});

test('a linear model varies as theory says: Σ w²x²·p/(1 − p), within five standard errors', async () => {
  manualSeed(2);
  const [n, samples] = [5, 4000];
  const model = new nn.Sequential(new nn.Dropout(p), new nn.Linear(n, 1));
  const x = randn([12, n]);
  const { mean, std } = await mcPredict(model, x, { samples, seed: 4, activation: 'none' });
  expect(mean.shape).toEqual([12, 1]);
  const [weight, bias] = [...model.namedParameters()].map(([, { data }]) => data);
  const q = 1 - p;
  for (let i = 0; i < 12; i++) {
    const products = Array.from({ length: n }, (_, j) => weight![j]! * x.data[i * n + j]!);
    const variance = products.reduce((sum, a) => sum + (a * a * p) / q, 0);
    const fourthCumulant = products.reduce((sum, a) => sum + (a / q) ** 4 * p * q * (1 - 6 * p * q), 0);
    const center = products.reduce((sum, a) => sum + a, bias![0]!);
    const errorOfVariance = Math.sqrt((fourthCumulant + 2 * variance ** 2) / samples);
    expect(Math.abs(mean.data[i]! - center)).toBeLessThan(5 * Math.sqrt(variance / samples));
    expect(Math.abs(std.data[i]! ** 2 - variance)).toBeLessThan(5 * errorOfVariance);
  }
});

describe('calls that cannot be meant', () => {
  const x = randn([4, features], { seed: 1 });

  test('a model without dropout, or with functional dropout that follows the mode of another module', async () => {
    class Functional extends nn.Module {
      readonly fc = new nn.Linear(features, classes);
      readonly always: boolean;
      constructor(always: boolean) {
        super();
        this.always = always;
      }
      override forward(input: Tensor): Tensor {
        return this.fc.forward(F.dropout(input, { training: this.always || this.training }));
      }
    }
    const message = /the model makes no dropout call.*nn\.Dropout/;
    await expect(mcPredict(new nn.Linear(features, classes), x)).rejects.toThrow(message);
    await expect(mcPredict(new Functional(false), x)).rejects.toThrow(message);
    const { mutualInformation } = await mcPredict(new Functional(true), x);
    expect(Math.max(...mutualInformation.data)).toBeGreaterThan(0);
  });

  test('samples, activation and shapes', async () => {
    const model = new Net();
    for (const samples of [0, 1.5, 65537])
      await expect(mcPredict(model, x, { samples })).rejects.toThrow(
        `samples must be an integer from 1 to 65536, got ${samples}`,
      );
    await expect(mcPredict(model, x, { activation: 'relu' as 'none' })).rejects.toThrow(
      "'softmax' or 'none', got relu",
    );
    const images = new nn.Sequential(new nn.Dropout(0.5), new nn.Identity());
    await expect(mcPredict(images, randn([2, 3, 4]))).rejects.toThrow(
      /expected logits \[B, C\].*got shape \[2, 3, 4\]/,
    );
    await expect(mcPredict(new nn.Sequential(new nn.Dropout(), new nn.Flatten({ startDim: 0 })), x)).rejects.toThrow(
      'expected an output for each of 4 samples, got shape [24]',
    );
  });

  test('an aborted signal rejects with its reason', async () => {
    await expect(mcPredict(new Net(), x, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});

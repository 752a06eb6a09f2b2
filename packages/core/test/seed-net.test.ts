/** The seed network against PyTorch: first forward and backward pass, 20 steps of each optimizer, and dropout called twice. */
import { Adam, AdamW, crossEntropy, manualSeed, nn, type Optimizer, SGD, type Tensor } from '@lockstep/core';
import {
  expectClose,
  l2Norm,
  readSafetensors,
  relativeError,
  type SampleSummary,
  stridedSample,
} from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { goldenBytes, goldenJson } from './golden-file.ts';
import { goldenBatch, goldenSeedNet } from './seed-net-model.ts';

interface Golden {
  readonly forward: { readonly loss: number };
  readonly gradients: Readonly<Record<string, SampleSummary>>;
  readonly runs: Readonly<
    Record<
      string,
      {
        readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
        readonly options: { readonly lr: number };
        readonly steps: number;
        readonly losses: readonly number[];
        readonly weights: Readonly<Record<string, SampleSummary>>;
      }
    >
  >;
}

const golden = goldenJson<Golden>('seed-net.json');
const { tensors } = readSafetensors(goldenBytes('seed-net.safetensors'));
const optimizers = { SGD, Adam, AdamW } as const;

function sampleOf(name: string): Float32Array {
  return tensors.get(name)!.data;
}

/** The sampled elements agree in the norm, and so does the norm of all elements. */
function expectLike(actual: Tensor, name: string, summary: SampleSummary, tolerance: number): void {
  expect(actual.shape).toEqual(summary.shape);
  const error = relativeError(stridedSample(actual.data, summary.stride), sampleOf(name));
  expect(error, name).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(l2Norm(actual.data) / summary.l2 - 1), `norm of ${name}`).toBeLessThanOrEqual(tolerance);
}

describe('the first step of the seed network with p = 0', () => {
  const net = goldenSeedNet(0);
  const { x, targets } = goldenBatch(0);
  const logits = net.forward(x);
  const loss = crossEntropy(logits, targets);
  loss.backward();

  test('the logits agree within 1e-5', () => {
    expect(logits.shape).toEqual([8, 10]);
    expect(relativeError(logits.data, sampleOf('logits'))).toBeLessThanOrEqual(1e-5);
    expectClose(logits.data, sampleOf('logits'), { tolerance: 1e-5, scale: 0.01 });
  });

  test('the loss is 2.2812195 within 1e-6', () => {
    expect(golden.forward.loss).toBeCloseTo(2.2812195, 7);
    expect(Math.abs(loss.item() / golden.forward.loss - 1)).toBeLessThanOrEqual(1e-6);
  });

  test.each([...net.namedParameters()].map(([name]) => name))('the gradient of %s agrees within 1e-5', (name) => {
    // Float32 alone loses up to 1e-6 of conv1 (the golden `noise`).
    const parameter = new Map(net.namedParameters()).get(name)!;
    expectLike(parameter.grad!, `grad.${name}`, golden.gradients[name]!, 1e-5);
  });
});

describe.each(Object.entries(golden.runs))(
  '20 steps of %s',
  (run, { optimizer: kind, options, steps, losses, weights }) => {
    const net = goldenSeedNet(0);
    const optimizer: Optimizer = new optimizers[kind](net.parameters(), options);
    const seen: number[] = [];

    test('the losses of all steps agree within 1e-5', { timeout: 60_000 }, () => {
      for (let step = 0; step < steps; step++) {
        const { x, targets } = goldenBatch(step);
        optimizer.zeroGrad();
        const loss = crossEntropy(net.forward(x), targets);
        loss.backward();
        optimizer.step();
        seen.push(loss.item());
      }
      expect(seen.length).toBe(20);
      expectClose(seen, losses, { tolerance: 1e-5, scale: 0 });
    });

    test.each(Object.entries(weights))('the weights %s agree within 1e-4', (name, summary) => {
      expectLike(new Map(net.namedParameters()).get(name)!, `${run}.${name}`, summary, 1e-4);
    });
  },
);

describe('the seed network with dropout p = 0.25', () => {
  /** Records what goes through the one dropout module. */
  class Watched extends nn.Dropout {
    readonly seen: { x: Tensor; y: Tensor }[] = [];
    override forward(x: Tensor): Tensor {
      const y = super.forward(x);
      this.seen.push({ x, y });
      return y;
    }
  }

  function run(seed: number, mode: boolean) {
    const net = goldenSeedNet(0);
    const watched = new Watched(0.25);
    Object.assign(net, { dropout: watched });
    net.train(mode);
    manualSeed(seed);
    const logits = net.forward(goldenBatch(0).x);
    return { logits: [...logits.data], seen: watched.seen };
  }

  test('the one module called twice drops with two different masks', () => {
    const { seen } = run(5, true);
    expect(seen.length).toBe(2);
    const dropped = seen.map(({ x, y }) => Array.from(y.data, (v, i) => v === 0 && x.data[i] !== 0));
    // Where both inputs are not zero the masks can be compared: about 3/8 of these places differ.
    const places = Array.from(seen[0]!.x.data.keys()).filter((i) => seen.every(({ x }) => x.data[i] !== 0));
    expect(places.length).toBeGreaterThan(1000);
    const differing = places.filter((i) => dropped[0]![i] !== dropped[1]![i]).length / places.length;
    expect(Math.abs(differing - 0.375)).toBeLessThan(5 * Math.sqrt((0.375 * 0.625) / places.length));
  });

  test('training gives one result for one seed and another for another; evaluation has no dropout', () => {
    expect(run(5, true).logits).toEqual(run(5, true).logits);
    expect(run(5, true).logits).not.toEqual(run(6, true).logits);
    expect(run(5, false).logits).toEqual(run(6, false).logits);
    for (const { x, y } of run(5, false).seen) expect(y).toBe(x);
  });
});

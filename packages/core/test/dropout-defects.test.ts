/** Defects that dropout has had in other libraries, one test each, for every member that could have them. */
import { F, inputTensor, manualSeed, nn, ones, randn, type Tensor, tensor, traceWith } from '@lockstep/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(0));
afterEach(() => void vi.restoreAllMocks());

interface Member {
  readonly name: string;
  readonly layer: (p: number) => nn.DropoutModule;
  readonly shape: readonly number[];
  /** The result for an input of one where it is kept; undefined for noise. */
  readonly kept?: (p: number) => number;
}

const inverse = (p: number) => 1 / (1 - p);
const alphaPrime = 1.7580993408473766;
const alphaKept = (p: number) => (1 + alphaPrime * p) / Math.sqrt((alphaPrime ** 2 * p + 1) * (1 - p));
const seed = 77;

const members: readonly Member[] = [
  { name: 'Dropout', layer: (p) => new nn.Dropout(p, { seed }), shape: [40, 30], kept: inverse },
  { name: 'Dropout1d', layer: (p) => new nn.Dropout1d(p, { seed }), shape: [40, 30, 2], kept: inverse },
  { name: 'Dropout2d', layer: (p) => new nn.Dropout2d(p, { seed }), shape: [40, 30, 2, 2], kept: inverse },
  { name: 'Dropout3d', layer: (p) => new nn.Dropout3d(p, { seed }), shape: [40, 30, 2, 1, 2], kept: inverse },
  { name: 'AlphaDropout', layer: (p) => new nn.AlphaDropout(p, { seed }), shape: [40, 30], kept: alphaKept },
  {
    name: 'FeatureAlphaDropout',
    layer: (p) => new nn.FeatureAlphaDropout(p, { seed }),
    shape: [40, 30, 2],
    kept: alphaKept,
  },
  { name: 'GaussianDropout', layer: (p) => new nn.GaussianDropout(p, { seed }), shape: [40, 30] },
  { name: 'LockedDropout', layer: (p) => new nn.LockedDropout(p, { seed }), shape: [40, 3, 30], kept: inverse },
  { name: 'DropPath', layer: (p) => new nn.DropPath(p, { seed }), shape: [200, 2], kept: inverse },
];
const masked = members.filter(({ kept }) => kept);

describe.each(members)('$name', ({ layer, shape }) => {
  test('a seed of its own does not repeat one mask at every step', () => {
    const x = inputTensor('x', { shape, dtype: 'f32' });
    // Of a constant too, which a compiler might compute once.
    const [y, ofConstant] = traceWith(1, () => [layer(0.5).forward(x), layer(0.5).forward(ones(shape))]) as [
      Tensor,
      Tensor,
    ];
    const program = programOf([x, y, ofConstant], { batch: shape[0]!, shards: 2 });
    const results = [0, 1, 2, 3].flatMap((step) => {
      program.data(x).fill(1);
      program.step(step);
      return [program.data(y).join(), program.data(ofConstant).join()];
    });
    expect(new Set(results).size).toBe(8);
  });

  test('a seed of its own does not repeat one mask at every call', () => {
    const own = layer(0.5);
    const results = [0, 1, 2].map(() => own.forward(ones(shape)).data.join());
    expect(new Set(results).size).toBe(3);
  });

  test.each([-0.01, 1.01, 50, Number.NaN])('a rate of %s is refused, not clamped', (p) => {
    expect(() => layer(p)).toThrow(RangeError);
  });

  test('evaluation is not scaled by 1 − p, or by anything', () => {
    const x = randn(shape);
    expect(layer(0.5).eval().forward(x)).toBe(x);
    expect(
      layer(0.9 - 1e-9)
        .eval()
        .forward(x),
    ).toBe(x);
  });
});

describe.each(masked)('$name', ({ layer, shape, kept }) => {
  test('a rate of 1 is neither the identity nor a division by zero', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const x = tensor(new Float32Array(ones(shape).size).fill(2), { shape, requiresGrad: true });
    const y = layer(1).forward(x);
    expect(new Set(y.data)).toEqual(new Set([0]));
    y.sum().backward();
    expect(new Set(x.grad!.data)).toEqual(new Set([0]));
  });

  test('what is kept is scaled by 1/(1 − p), not by 1/1 − p or by (1 − p)', () => {
    // Exact multiples of 1/65536, so that p is realised as it is.
    for (const p of [0.25, 0.5, 0.75]) {
      const y = layer(p).forward(ones(shape)).data;
      const largest = y.reduce((a, b) => Math.max(a, b));
      expect(largest).toBeCloseTo(kept!(p), 6);
    }
  });
});

test('dropout is not left on in evaluation when a forward pass throws', () => {
  class Fails extends nn.Module {
    readonly drop = new nn.Dropout(0.5);
    override forward(x: Tensor): Tensor {
      this.drop.forward(x);
      throw new Error('in the middle');
    }
  }
  const model = new Fails().eval();
  const x = randn([4, 4]);
  expect(() => model.forward(x)).toThrow('in the middle');
  expect(model.drop.forward(x)).toBe(x);
  model.train();
  expect(() => traceWith(3, () => model.forward(x))).toThrow('in the middle');
  expect(model.drop.training).toBe(true);
  // The failed trace took no call sites of this thread.
  manualSeed(5);
  const first = F.dropout(ones([64])).data.join();
  manualSeed(5);
  expect(() => traceWith(3, () => model.forward(x))).toThrow();
  expect(F.dropout(ones([64])).data.join()).toBe(first);
});

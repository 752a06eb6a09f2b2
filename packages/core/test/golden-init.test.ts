/** Initial weights: PyTorch's shapes and bounds, each bound realised and never exceeded. */
import { manualSeed, nn } from '@lockstep/core';
import { mean } from '@lockstep/testkit';
import { beforeEach, expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';

interface InitialCase {
  readonly layer: 'Linear' | 'Conv2d';
  readonly options: Readonly<Record<string, number>> & { readonly kernel: readonly [number, number] };
  readonly weightShape: readonly number[];
  readonly biasShape: readonly number[];
  readonly fanIn: number;
  readonly weightBound: number;
  readonly biasBound: number;
}

const { cases } = goldenJson<{ cases: InitialCase[] }>('init.json');

function layerOf({ layer, options: o }: InitialCase): nn.Linear | nn.Conv2d {
  return layer === 'Linear'
    ? new nn.Linear(o.inFeatures!, o.outFeatures!)
    : new nn.Conv2d(o.inChannels!, o.outChannels!, o.kernel, { groups: o.groups! });
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

beforeEach(() => manualSeed(0));

test.each(cases)('$layer $options: weight and bias are uniform in PyTorch’s bounds', (entry) => {
  const layer = layerOf(entry);
  expect(layer.weight.shape).toEqual(entry.weightShape);
  expect(layer.bias!.shape).toEqual(entry.biasShape);
  // Both formulas of PyTorch, √3 · gain(√5) / √fanIn and 1 / √fanIn, are one number.
  expect(1 / Math.sqrt(entry.fanIn)).toBeCloseTo(entry.weightBound, 14);
  expect(1 / Math.sqrt(entry.fanIn)).toBeCloseTo(entry.biasBound, 14);
  for (const { data, size } of [layer.weight, layer.bias!]) {
    const bound = Math.fround(entry.biasBound);
    expect(largest(data)).toBeLessThanOrEqual(bound);
    // The largest of n uniform numbers falls short of the bound by the factor 1 − 12/n with probability e⁻¹² only.
    expect(largest(data)).toBeGreaterThan(bound * (1 - 12 / size));
    // The mean of n uniform numbers in ±b has standard deviation b/√(3n).
    expect(Math.abs(mean(data))).toBeLessThan((5 * bound) / Math.sqrt(3 * size));
  }
});

test('every large weight comes within 1 % of its bound', () => {
  const large = cases.filter(({ weightShape }) => weightShape.reduce((a, b) => a * b) >= 800);
  expect(large.length).toBe(5);
  for (const entry of large) expect(largest(layerOf(entry).weight.data)).toBeGreaterThan(0.99 * entry.weightBound);
});

test('one seed gives one initialisation, and each parameter a stream of its own', () => {
  const first = new nn.Linear(4, 4);
  const second = new nn.Linear(4, 4);
  expect([...second.weight.data]).not.toEqual([...first.weight.data]);
  manualSeed(0);
  expect([...new nn.Linear(4, 4).weight.data]).toEqual([...first.weight.data]);
  manualSeed(1);
  expect([...new nn.Linear(4, 4).weight.data]).not.toEqual([...first.weight.data]);
});

test('a layer without bias has none, and sizes below 1 are refused', () => {
  expect(new nn.Linear(2, 3, { bias: false }).bias).toBeNull();
  expect(new nn.Conv2d(2, 3, 1, { bias: false }).bias).toBeNull();
  expect(() => new nn.Linear(0, 3)).toThrow(new RangeError('Linear: inFeatures must be an integer ≥ 1, got 0'));
  expect(() => new nn.Conv2d(4, 6, 3, { groups: 3 })).toThrow(/groups 3 must divide inChannels 4 and outChannels 6/);
  expect(() => new nn.Conv2d(4, 6, 0)).toThrow(/Conv2d: kernelSize must be an integer ≥ 1 or two of them, got 0/);
});

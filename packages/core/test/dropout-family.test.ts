/**
 * What every member of the dropout family has to keep, walked from a table (dropout-family-cases.ts): the identity in evaluation, the
 * distribution that its formula says, gradients with the mask held, draws that share nothing between steps, calls and samples, and results
 * that no cut of the batch changes. Seeds are fixed; bounds are 5 standard errors.
 */
import {
  type DType,
  gradients,
  inputTensor,
  manualSeed,
  nn,
  ones,
  randn,
  Tensor,
  tensor,
  traceWith,
} from '@lockstep/core';
import { correlation, expectClose, finiteDifference, hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FamilyCase, familyCases, familyP } from './dropout-family-cases.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(2028));
afterEach(() => void vi.restoreAllMocks());

const cases = familyCases.map((entry) => ({ ...entry, name: entry.type.name }));
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

test('every exported member has a case', () => {
  const members = Object.values(nn).filter(
    (value) => typeof value === 'function' && value.prototype instanceof nn.DropoutModule,
  );
  expect(members.length).toBeGreaterThan(12);
  const covered = new Set<unknown>(familyCases.map(({ type }) => type));
  expect(members.filter((member) => !covered.has(member)).map(({ name }) => name)).toEqual([]);
  expect(covered.size).toBe(familyCases.length);
});

describe.each(cases)('$name', (entry) => {
  test('in evaluation is the identity, or what the layer is without dropout', () => {
    const layer = entry.layer(familyP).eval();
    const x = randn([...entry.shape(3)]);
    const y = layer.forward(x);
    if (!entry.evaluated) expect(y).toBe(x);
    else expect(y.data).toEqual(entry.evaluated(layer, x).data);
    expect(layer.forward(x).data).toEqual(y.data);
    expect(layer.train().forward(x).data).not.toEqual(y.data);
  });

  test.each([-0.1, 1.2, Number.NaN, Number.POSITIVE_INFINITY])('refuses p = %s', (p) => {
    expect(() => entry.layer(p)).toThrow(RangeError);
    expect(() => entry.layer(p)).toThrow(String(p));
  });

  test('with p = 1 gives zeros without NaN, or refuses it', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { atOne = 'zeros' } = entry;
    if (atOne === 'refused') {
      expect(() => entry.layer(1)).toThrow(RangeError);
      return;
    }
    const y = entry.layer(1).forward(ones([...entry.shape(3)])).data;
    expect(y.every(Number.isFinite)).toBe(true);
    if (atOne === 'zeros') expect(new Set(y)).toEqual(new Set([0]));
  });

  test('draws 10⁶ values with the mean and the variance of its law', () => {
    const values = drawn(entry, 0);
    expect(values.length).toBe(1_000_000);
    const { mean, variance, fourth, varianceError = Math.sqrt(fourth - variance ** 2) } = entry.law;
    let [sum, squares] = [0, 0];
    for (const value of values) {
      sum += value;
      squares += (value - mean) ** 2;
    }
    const n = values.length;
    expect(Math.abs(sum / n - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
    expect(Math.abs(squares / n - variance)).toBeLessThan((5 * varianceError) / Math.sqrt(n));
  });

  test('with the mask held has the gradients of finite differences', () => {
    const layer = entry.layer(familyP, { seed: 4 });
    const shape = [...entry.shape(2)];
    const x = tensor(hashUniform(`${entry.name} x`, sizeOf(shape)), { shape, requiresGrad: true });
    const forward = () => {
      manualSeed(0);
      return layer.forward(x);
    };
    const y = forward();
    const weights = hashUniform(`${entry.name} weights`, y.size);
    y.backward(tensor(weights, { shape: y.shape }));
    for (const variable of [x, ...layer.parameters()]) {
      const start = variable.data.slice() as Float32Array;
      const numeric = finiteDifference(
        (values) => {
          variable.copyFrom(values);
          return forward().data.reduce((sum: number, value: number, i: number) => sum + value * weights[i]!, 0);
        },
        start,
        { eps: 1e-2 },
      );
      variable.copyFrom(start);
      expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(1e-3);
      expectClose(variable.grad!.data, numeric, { tolerance: 1e-3 });
    }
  });

  test('draws of steps, calls and samples are not correlated', () => {
    const draws = [drawn(entry, 0), drawn(entry, 1), drawn(entry, 1000), drawn(entry, 0, { call: 1 })];
    for (let i = 0; i < draws.length; i++) for (let j = 0; j < i; j++) expectUncorrelated(draws[i]!, draws[j]!);
    if (entry.perSample === false) return;
    const [samples] = entry.many.shape as [number];
    const [first] = draws as [Float32Array];
    const perSample = first.length / samples;
    for (const distance of [1, 2, 3]) {
      expectUncorrelated(first.subarray(0, first.length - distance * perSample), first.subarray(distance * perSample));
    }
  });

  test('has one result for any number of shards, in every step', () => {
    const [whole, ...cut] = [1, 3, 7].map((shards) => stepsOf(entry, shards, {}));
    for (const steps of cut) expect(steps).toEqual(whole);
    expect(whole![0]!.output).not.toEqual(whole![1]!.output);
  });

  test('under scope worker has one result for one number of shards, and its own for another', () => {
    const scoped = (shards: number) => stepsOf(entry, shards, { scope: 'worker' });
    const results = [1, 3, 7].map(scoped);
    expect([1, 3, 7].map(scoped)).toEqual(results);
    const different = new Set([...results, stepsOf(entry, 1, {})].map((result) => JSON.stringify(result)));
    // Draws that belong to no sample are those of shard 0, whatever the shards.
    expect(different.size).toBe(entry.perSample === false ? 2 : 4);
  });
});

/** |r| of n independent pairs exceeds 5/√n with probability 6e-7. */
function expectUncorrelated(a: ArrayLike<number>, b: ArrayLike<number>): void {
  expect(a.length).toBeGreaterThan(500_000);
  expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(a.length));
}

/** The draws of a step, of the call `call` of one trace. */
function drawn(entry: FamilyCase, step: number, { call = 0 } = {}): Float32Array {
  const { many } = entry;
  const x = inputTensor('x', { shape: many.shape, dtype: 'f32' });
  const y = traceWith(9, () => {
    const layer = (many.layer ?? entry.layer)(familyP);
    for (let i = 0; i < call; i++) layer.forward(x);
    return layer.forward(x);
  });
  const program = programOf([x, y], { batch: many.shape[0]!, shards: Math.min(4, many.shape[0]!) });
  program.data(x).fill(1);
  program.step(step);
  const values = program.data(y).slice();
  return many.draws ? many.draws(values) : values;
}

/** Output and gradient of ten samples in two steps of a compiled program. */
function stepsOf(
  entry: FamilyCase,
  shards: number,
  config: nn.DropoutConfig,
): { output: number[]; gradient: number[] }[] {
  const shape = entry.shape(10);
  manualSeed(6);
  const layer = entry.layer(familyP, config);
  const x = inputTensor('x', { shape, dtype: 'f32' });
  const [y, dx] = traceWith(6, () => {
    const output = layer.forward(x);
    const upstream = tensor(hashUniform('upstream', output.size), { shape: output.shape });
    return [output, new Tensor(gradients(output.node, upstream.node, [x.node])[0]!)];
  }) as [Tensor, Tensor];
  const program = programOf([x, y, dx] as Tensor<DType>[], { batch: 10, shards });
  return [0, 5].map((step) => {
    program.data(x).set(hashUniform(`${entry.type.name} shards`, x.size));
    program.step(step);
    return { output: [...program.data(y)], gradient: [...program.data(dx)] };
  });
}

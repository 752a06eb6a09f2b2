/**
 * Channel, alpha, Gaussian and locked dropout, stochastic depth and SELU against PyTorch, with the masks of golden/dropout-groups.json, which
 * its generator draws by itself. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, manualSeed, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { goldenJson } from './golden-file.ts';

interface GoldenCase {
  readonly name: string;
  readonly inputs: { readonly x: { shape: readonly number[]; bound: number } };
  readonly output: readonly number[];
  readonly gradients: { readonly x: readonly number[] };
  readonly p: number;
  readonly scaleByKeep?: boolean;
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('dropout-groups.json');

type Options = F.DropPathOptions & { readonly seed: number };
const operations: Record<string, (x: Tensor, options: Options) => Tensor> = {
  dropout1d: F.dropout1d,
  dropout2d: F.dropout2d,
  dropout3d: F.dropout3d,
  alphaDropout: (x, options) => F.alphaDropout(x, { ...options, training: true }),
  featureAlphaDropout: (x, options) => F.featureAlphaDropout(x, { ...options, training: true }),
  gaussianDropout: F.gaussianDropout,
  lockedDropout: F.lockedDropout,
  dropPath: F.dropPath,
  selu: F.selu,
};

beforeEach(() => {
  manualSeed(0);
  // Rank 3 in dropout2d is told once; another test looks at that.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

test('the golden file has its 22 cases, and names every operation', () => {
  expect(cases.length).toBe(22);
  expect(new Set(cases.map(({ name }) => name.split('/')[0]))).toEqual(new Set(Object.keys(operations)));
});

test.each(cases)('$name gives the values and gradients of PyTorch', (entry) => {
  const { shape, bound } = entry.inputs.x;
  const size = shape.reduce((a, b) => a * b, 1);
  const x = tensor(hashUniform(`${entry.name}/x`, size, bound), { shape, requiresGrad: true });
  const { p, scaleByKeep } = entry;
  const options = { p, seed: 5, ...(scaleByKeep === undefined ? {} : { scaleByKeep }) };
  const output = operations[entry.name.split('/')[0]!]!(x, options);
  const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });
  expect(output.shape).toEqual(shape);
  expectClose(output.data, entry.output, closely('output'));
  output.backward(tensor(hashUniform(`${entry.name}/upstream`, size), { shape }));
  expectClose(x.grad!.data, entry.gradients.x, closely('gradient'));
});

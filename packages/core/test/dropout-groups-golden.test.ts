/**
 * Channel, alpha, Gaussian and locked dropout, stochastic depth and SELU against PyTorch, with the masks of golden/dropout-groups.json, which
 * its generator draws by itself. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, manualSeed, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
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
  dropout: F.dropout,
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

/** The layers of the functions, which pass on what they were made with. */
const layers: Record<string, (p: number, config: Omit<Options, 'p'>) => nn.Module> = {
  Dropout: (p, config) => new nn.Dropout(p, config),
  Dropout1d: (p, config) => new nn.Dropout1d(p, config),
  Dropout2d: (p, config) => new nn.Dropout2d(p, config),
  Dropout3d: (p, config) => new nn.Dropout3d(p, config),
  AlphaDropout: (p, config) => new nn.AlphaDropout(p, config),
  FeatureAlphaDropout: (p, config) => new nn.FeatureAlphaDropout(p, config),
  GaussianDropout: (p, config) => new nn.GaussianDropout(p, config),
  LockedDropout: (p, config) => new nn.LockedDropout(p, config),
  DropPath: (p, config) => new nn.DropPath(p, config),
};

/** Where PyTorch has no such function. */
const sources: Record<string, string> = {
  gaussianDropout: 'Srivastava et al. 2014, section 10',
  lockedDropout: 'Gal & Ghahramani 2016',
  dropPath: 'Huang et al. 2016, as in timm',
};

beforeEach(() => {
  manualSeed(0);
  // Rank 3 in dropout2d is told once; another test looks at that.
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());

test('the golden file has its 34 cases, and names every operation', () => {
  expect(cases.length).toBe(34);
  expect(new Set(cases.map(({ name }) => name.split('/')[0]))).toEqual(new Set(Object.keys(operations)));
});

const calls = cases.flatMap((entry) => {
  const op = entry.name.split('/')[0]!;
  const layer = op[0]!.toUpperCase() + op.slice(1);
  const make = layers[layer];
  const ofLayer = (x: Tensor, { p, ...config }: Options) => make!(p!, config).forward(x);
  const both = [{ title: `F.${op}`, run: operations[op]! }, ...(make ? [{ title: `nn.${layer}`, run: ofLayer }] : [])];
  return both.map((call) => ({ ...call, name: entry.name, entry, source: sources[op] }));
});

test.for(calls)(
  '$title, $name, gives the values and gradients of PyTorch',
  ({ title, run, entry, source }, context) => {
    provesGolden(context, [title], source);
    const { shape, bound } = entry.inputs.x;
    const size = shape.reduce((a, b) => a * b, 1);
    const x = tensor(hashUniform(`${entry.name}/x`, size, bound), { shape, requiresGrad: true });
    const { p, scaleByKeep } = entry;
    const options = { p, seed: 5, ...(scaleByKeep === undefined ? {} : { scaleByKeep }) };
    const output = run(x, options);
    const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });
    expect(output.shape).toEqual(shape);
    expectClose(output.data, entry.output, closely('output'));
    output.backward(tensor(hashUniform(`${entry.name}/upstream`, size), { shape }));
    expectClose(x.grad!.data, entry.gradients.x, closely('gradient'));
  },
);

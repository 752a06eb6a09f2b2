/**
 * The composed members of the dropout family and the losses that belong to them, against PyTorch with the masks of golden/dropout-composed.json,
 * which its generator draws by itself. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, manualSeed, nn, type Reduction, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { beforeEach, expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

interface GoldenCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { shape: readonly number[]; bound: number }>>;
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly p: number;
  readonly blockSize: number;
  readonly eps: number;
  readonly temperature: number;
  readonly weightRegularizer: number;
  readonly dropoutRegularizer: number;
  readonly samples: number;
  readonly kind: 'mean' | 'none' | 'loss';
  readonly alpha: number;
  readonly reduction: Reduction;
  readonly logTarget: boolean;
  readonly targets: readonly number[];
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('dropout-composed.json');
const seed = 5;

const operations: Record<string, (inputs: Tensor[], entry: GoldenCase) => Tensor> = {
  dropConnect: ([x, weight, bias], { p }) => F.linear(x!, F.dropConnect(weight!, { p, seed }), { bias: bias ?? null }),
  dropBlock2d: ([x], { p, blockSize, eps }) => F.dropBlock2d(x!, { p, blockSize, eps, seed }),
  concreteDropout: ([x, logit], { temperature }) => F.concreteDropout(x!, logit!, { temperature, seed }),
  concreteRegularization([logit, ...weights], { weightRegularizer, dropoutRegularizer }) {
    const layer = new nn.ConcreteDropout();
    Object.assign(layer, { logit });
    return layer.regularization(weights, { weightRegularizer, dropoutRegularizer });
  },
  multiSample([x, weight, bias], { p, samples, kind, targets }) {
    const head = new (class extends nn.Module {
      override forward(input: Tensor) {
        return F.linear(input, weight!, { bias: bias! });
      }
    })();
    const layer = new nn.MultiSampleDropout(head, { p, samples, seed, reduction: kind === 'mean' ? 'mean' : 'none' });
    const outputs = layer.forward(x!);
    return kind === 'loss' ? F.multiSampleLoss(outputs, tensor([...targets], { dtype: 'i32' })) : outputs;
  },
  rDropLoss: ([a, b], { alpha, reduction, targets }) =>
    F.rDropLoss(a!, b!, tensor([...targets], { dtype: 'i32' }), { alpha, reduction }),
  klDiv: ([input, target], { reduction, logTarget }) =>
    F.klDiv(input!.logSoftmax(), logTarget ? target!.logSoftmax() : target!.softmax(), { reduction, logTarget }),
};

/** The same by the layers, whose parameters are the inputs. */
const layers: Record<string, (inputs: Tensor[], entry: GoldenCase) => Tensor> = {
  dropConnect([x, weight, bias], { p }) {
    const [outputs, inputs] = weight!.shape as [number, number];
    const layer = new nn.DropConnectLinear(inputs, outputs, { p, seed, bias: bias !== undefined });
    return Object.assign(layer, { weight, bias: bias ?? null }).forward(x!);
  },
  dropBlock2d: ([x], { p, blockSize, eps }) => new nn.DropBlock2d(p, { blockSize, eps, seed }).forward(x!),
  concreteDropout: ([x, logit], { temperature }) =>
    Object.assign(new nn.ConcreteDropout(0.1, { temperature, seed }), { logit }).forward(x!),
};

/** What each operation proves, and where its formula is from if PyTorch has none. */
const exports: Record<string, { names: readonly string[]; layer?: string; source?: string }> = {
  dropConnect: { names: ['F.dropConnect'], layer: 'nn.DropConnectLinear', source: 'Wan et al. 2013' },
  dropBlock2d: { names: ['F.dropBlock2d'], layer: 'nn.DropBlock2d', source: 'Ghiasi et al. 2018' },
  concreteDropout: { names: ['F.concreteDropout'], layer: 'nn.ConcreteDropout', source: 'Gal et al. 2017' },
  concreteRegularization: { names: ['nn.ConcreteDropout'], source: 'Gal et al. 2017' },
  multiSample: { names: ['nn.MultiSampleDropout'], source: 'Inoue 2019' },
  rDropLoss: { names: ['F.rDropLoss'], source: 'Liang et al. 2021' },
  klDiv: { names: ['F.klDiv'] },
};

beforeEach(() => manualSeed(0));

test('the golden file has its 27 cases, and each names a known operation', () => {
  expect(cases.length).toBe(27);
  expect(new Set(cases.map(({ name }) => name.split('/')[0]))).toEqual(new Set(Object.keys(operations)));
});

const calls = cases.flatMap((entry) => {
  const op = entry.name.split('/')[0]!;
  const { names, layer, source } = exports[op]!;
  const losses = entry.kind === 'loss' ? ['F.multiSampleLoss'] : [];
  const call = { name: entry.name, entry, source };
  const own = { ...call, names: [...names, ...losses], run: operations[op]! };
  return layer ? [own, { ...call, names: [layer], run: layers[op]! }] : [own];
});

test.for(calls)(
  '$names, $name, gives the values and gradients of PyTorch',
  ({ names, run, entry, source }, context) => {
    provesGolden(context, names, source);
    const inputs = Object.entries(entry.inputs).map(([key, { shape, bound }]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [key, tensor(hashUniform(`${entry.name}/${key}`, size, bound), { shape, requiresGrad: true })] as const;
    });
    const output = run(
      inputs.map(([, input]) => input),
      entry,
    );
    const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });
    expectClose(output.data, entry.output, closely('output'));
    output.backward(tensor(hashUniform(`${entry.name}/upstream`, output.size), { shape: output.shape }));
    for (const [key, input] of inputs)
      expectClose(input.grad!.data, entry.gradients[key]!, closely(`gradient of ${key}`));
  },
);

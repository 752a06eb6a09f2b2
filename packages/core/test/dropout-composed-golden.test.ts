/**
 * The composed members of the dropout family and the losses that belong to them, against PyTorch with the masks of golden/dropout-composed.json,
 * which its generator draws by itself. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, manualSeed, nn, type Reduction, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { beforeEach, expect, test } from 'vitest';
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

beforeEach(() => manualSeed(0));

test('the golden file has its 27 cases, and each names a known operation', () => {
  expect(cases.length).toBe(27);
  expect(new Set(cases.map(({ name }) => name.split('/')[0]))).toEqual(new Set(Object.keys(operations)));
});

test.each(cases)('$name gives the values and gradients of PyTorch', (entry) => {
  const inputs = Object.entries(entry.inputs).map(([key, { shape, bound }]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [key, tensor(hashUniform(`${entry.name}/${key}`, size, bound), { shape, requiresGrad: true })] as const;
  });
  const output = operations[entry.name.split('/')[0]!]!(
    inputs.map(([, input]) => input),
    entry,
  );
  const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });
  expectClose(output.data, entry.output, closely('output'));
  output.backward(tensor(hashUniform(`${entry.name}/upstream`, output.size), { shape: output.shape }));
  for (const [key, input] of inputs)
    expectClose(input.grad!.data, entry.gradients[key]!, closely(`gradient of ${key}`));
});

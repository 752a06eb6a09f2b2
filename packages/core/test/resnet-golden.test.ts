/**
 * ResNet-18's stages, made narrow, against PyTorch in float64: logits, loss, gradients, and logits by the running statistics afterwards, without
 * and with stochastic depth (whose masks are Lockstep's, drawn again by the generator).
 */
import { F, manualSeed, nn, type Tensor, tensor } from '@lockstep/core';
import { ResNet, resNet18 } from '@lockstep/core/models';
import { hashTargets, hashUniform, l2Norm, relativeError, stridedSample } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';

interface Golden {
  readonly meta: {
    readonly parameters: number;
    readonly seed: number;
    readonly batch: number;
    readonly classes: number;
    readonly shape: readonly number[];
    readonly widths: readonly number[];
  };
  readonly cases: readonly {
    readonly name: string;
    readonly dropPath: number;
    readonly logits: readonly number[];
    readonly loss: number;
    readonly gradients: Readonly<Record<string, { l2: number; stride: number; sample: readonly number[] }>>;
    readonly evaluated: readonly number[];
  }[];
}

const { meta, cases } = goldenJson<Golden>('resnet.json');
const { batch, classes, shape, widths } = meta;

function filled(dropPath: number): ResNet {
  const net = new ResNet(shape, classes, { blocks: 2, widths, dropPath });
  for (const [name, parameter] of net.namedParameters()) {
    const fanIn = parameter.shape.slice(1).reduce((product, extent) => product * extent, 1);
    const bound = parameter.rank === 1 ? 1 : Math.sqrt(3 / fanIn);
    const values = hashUniform(`resnet/${name}`, parameter.size, bound);
    const offset = name.endsWith('weight') ? 1 : 0;
    parameter.copyFrom(parameter.rank === 1 ? values.map((value) => 0.25 * value + offset) : values);
  }
  return net;
}

test.each(cases)('a narrow ResNet-18 $name is PyTorch’s', ({ dropPath, logits, loss, gradients, evaluated }) => {
  const net = filled(dropPath);
  const x: Tensor = new nn.Parameter(
    tensor(hashUniform('resnet/x', batch * 3 * 16 * 16), { shape: [batch, ...shape] }),
  );
  manualSeed(meta.seed);
  const output = net.forward(x);
  const mean = F.crossEntropy(output, tensor(hashTargets('resnet/targets', batch, classes), { dtype: 'i32' }));
  mean.backward();
  expect(relativeError(output.data, logits)).toBeLessThan(1e-5);
  expect(Math.abs(mean.item() - loss)).toBeLessThan(1e-5);
  const leaves: Record<string, Tensor> = { x, ...Object.fromEntries(net.namedParameters()) };
  expect(Object.keys(leaves).sort()).toEqual(Object.keys(gradients).sort());
  for (const [name, { l2, stride, sample }] of Object.entries(gradients)) {
    const { data } = leaves[name]!.grad!;
    expect(Math.abs(l2Norm(data) / l2 - 1), `norm of the gradient of ${name}`).toBeLessThan(1e-4);
    expect(relativeError(stridedSample(data as Float32Array, stride), sample), name).toBeLessThan(1e-4);
  }
  expect(relativeError(net.eval().forward(x).data, evaluated)).toBeLessThan(1e-5);
});

test('stochastic depth changes the pass, and its rates grow from none to that of the last block', () => {
  const [without, with_] = cases;
  expect(relativeError(with_!.logits, without!.logits)).toBeGreaterThan(0.1);
  const rates = filled(0.35).blocks.map(({ dropPath }) => (dropPath instanceof nn.DropPath ? dropPath.p : 0));
  expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35]);
});

test('ResNet-18 for CIFAR has as many parameters as PyTorch’s', () => {
  const parameters = resNet18([3, 32, 32], 10).parameters();
  expect(parameters.reduce((sum, { size }) => sum + size, 0)).toBe(meta.parameters);
  expect(meta.parameters).toBe(11_173_962);
});

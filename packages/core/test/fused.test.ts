/** Fused convolution, ReLU and pooling: the seed network as it really trains, against PyTorch, and for any cut of the batch. */
import {
  Adam,
  AdamW,
  crossEntropy,
  F,
  fuse,
  gradients,
  inputTensor,
  manualSeed,
  nn,
  type Optimizer,
  realize,
  SGD,
  Tensor,
  tensor,
  traceWith,
} from '@lockstep/core';
import { bitsEqual, expectClose, hashUniform, readSafetensors, relativeError, stridedSample } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { fullNode } from '../src/ops/source.ts';
import { goldenBytes, goldenJson } from './golden-file.ts';
import { hyperBlock, programOf } from './program.ts';
import { goldenBatch, goldenSeedNet } from './seed-net-model.ts';

interface Run {
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly options: { readonly lr: number };
  readonly losses: readonly number[];
  readonly weights: Readonly<Record<string, { readonly stride: number }>>;
}

const golden = goldenJson<{ runs: Readonly<Record<string, Run>> }>('seed-net.json');
const { tensors } = readSafetensors(goldenBytes('seed-net.safetensors'));
const optimizers = { SGD, Adam, AdamW } as const;

/** Trains the seed network on the golden batches as a compiled, fused program; the losses of the steps. */
function trainFused(options: { p: number; run: Run; shards: number; steps: number }): {
  net: nn.Module;
  losses: number[];
} {
  const net = goldenSeedNet(options.p);
  const optimizer: Optimizer = new optimizers[options.run.optimizer](net.parameters(), options.run.options);
  const x = inputTensor('x', { shape: [8, 3, 32, 32], dtype: 'f32' });
  const targets = inputTensor('targets', { shape: [8], dtype: 'i32' });
  const loss = traceWith(7, () => new Tensor(fuse([crossEntropy(net.forward(x), targets).node])[0]!));
  const parameters = net.parameters();
  const hyper = hyperBlock(optimizer.hyper(0));
  const nodes = parameters.map((parameter) => parameter.node);
  const found = gradients(loss.node, fullNode([], 1), nodes);
  const updates = parameters.flatMap((parameter, i) => optimizer.updateNodes(parameter, found[i]!, hyper.address));
  const program = programOf([x, targets, loss], { batch: 8, shards: options.shards, updates });
  const losses: number[] = [];
  for (let step = 0; step < options.steps; step++) {
    const batch = goldenBatch(step);
    program.data(x).set(batch.x.data);
    program.data(targets).set(batch.targets.data);
    hyper.set(optimizer.hyper(step));
    program.step(step);
    losses.push(program.data(loss)[0]!);
  }
  return { net, losses };
}

describe.each(Object.entries(golden.runs))('20 fused steps of %s', (name, run) => {
  const { net, losses } = trainFused({ p: 0, run, shards: 3, steps: 20 });

  test('the losses agree with PyTorch within 1e-5', () => {
    expectClose(losses, run.losses, { tolerance: 1e-5, scale: 0 });
  });

  test.each([...net.namedParameters()])('the weights %s agree with PyTorch within 1e-4', (parameter, { data }) => {
    const expected = tensors.get(`${name}.${parameter}`)!.data;
    expect(relativeError(stridedSample(data, run.weights[parameter]!.stride), expected)).toBeLessThanOrEqual(1e-4);
  });
});

describe('fusing', () => {
  const bits = (shards: number) => {
    const { net, losses } = trainFused({ p: 0.25, run: golden.runs.sgd!, shards, steps: 3 });
    return Float32Array.from([...losses, ...net.parameters().flatMap((parameter) => [...parameter.data])]);
  };

  test('gives the same bits for 1, 2, 3, 5 and 8 shards, dropout on', () => {
    const whole = bits(1);
    for (const shards of [2, 3, 5, 8]) expect(bitsEqual(bits(shards), whole), `${shards} shards`).toBe(-1);
  });

  /** Output and gradients of a convolution, ReLU and pooling in this order of names, fused and not. */
  function bothWays(channels: number, size: number, body: (y: Tensor) => Tensor) {
    manualSeed(1);
    const conv = new nn.Conv2d(channels, 20, 3);
    const x = tensor(hashUniform('fuse/x', 2 * channels * size * size), {
      shape: [2, channels, size, size],
      requiresGrad: true,
    });
    const plain = body(conv.forward(x));
    const [node] = fuse([plain.node]);
    const seed = tensor(hashUniform('fuse/dy', plain.size), { shape: plain.shape }).node;
    const targets = [x.node, conv.weight.node, conv.bias!.node];
    const values = [plain.node, node!].map((root) => {
      const results = [root, ...gradients(root, seed, targets)].map((result) => result!);
      realize(results);
      return results.map((result) => [...new Tensor(result).data]);
    });
    return { fusedName: node!.op.name, plain: values[0]!, fused: values[1]! };
  }

  const pool = (y: Tensor) => F.maxPool2d(y, { kernelSize: 2 });

  test.each([
    [3, 9, 'direct', (y: Tensor) => pool(F.relu(y))],
    [16, 8, 'Winograd', (y: Tensor) => pool(F.relu(y))],
    [20, 7, 'Winograd, odd size, pooling first', (y: Tensor) => F.relu(pool(y))],
  ] as const)(
    '%i channels of %i pixels (%s): values and gradients are those of the separate ops',
    (channels, size, _, body) => {
      const { fusedName, plain, fused } = bothWays(channels, size, body);
      expect(fusedName).toBe('convPool2d');
      plain.forEach((values, i) => {
        expectClose(fused[i]!, values, { tolerance: 2e-5, scale: 0.1, label: `result ${i}` });
      });
    },
  );

  test.each([
    ['a window of 3', (y: Tensor) => F.maxPool2d(F.relu(y), { kernelSize: 3 })],
    ['a stride of 1', (y: Tensor) => F.maxPool2d(F.relu(y), { kernelSize: 2, stride: 1 })],
    ['another activation', (y: Tensor) => pool(y.tanh())],
    ['a value that something else reads', (y: Tensor) => pool(F.relu(y)).add(y.mean())],
  ] as const)('%s is left alone', (_, body) => {
    manualSeed(1);
    const conv = new nn.Conv2d(3, 8, 3);
    const [node] = fuse([body(conv.forward(tensor(hashUniform('x', 300), { shape: [1, 3, 10, 10] }))).node]);
    const names: string[] = [];
    const walk = (at: { op: { name: string }; inputs: readonly never[] }): void => {
      names.push(at.op.name);
      at.inputs.forEach(walk);
    };
    walk(node as never);
    expect(names).not.toContain('convPool2d');
  });
});

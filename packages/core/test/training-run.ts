/** A few training steps of a model, compiled and eager, as one array of losses and weights whose bits can be compared. */
import {
  Adam,
  crossEntropy,
  fuse,
  gradients,
  inputTensor,
  manualSeed,
  nn,
  type Optimizer,
  SGD,
  Tensor,
  tensor,
  tracedEffects,
  traceWith,
} from '@lockstep/core';
import { hashTargets, hashUniform } from '@lockstep/testkit';
import { fullNode } from '../src/ops/source.ts';
import { hyperBlock, programOf } from './program.ts';

/** Samples, unless a model says otherwise. */
export const samples = 10;

/** Convolution (with groups), pooling, dropout twice and two linear layers, small. */
export class SmallNet extends nn.Module {
  readonly conv1 = new nn.Conv2d(2, 4, 3, { padding: 1 });
  readonly conv2 = new nn.Conv2d(4, 18, 3, { groups: 2 });
  readonly pool = new nn.MaxPool2d(2);
  readonly fc1 = new nn.Linear(18, 33);
  readonly fc2 = new nn.Linear(33, 5, { bias: false });
  readonly dropout: nn.Dropout;
  constructor(p: number) {
    super();
    this.dropout = new nn.Dropout(p);
  }
  override forward(x: Tensor): Tensor {
    const image = this.pool.forward(this.conv2.forward(this.conv1.forward(x).relu()).relu());
    return this.fc2.forward(this.dropout.forward(this.fc1.forward(this.dropout.forward(image.flatten(1))).relu()));
  }
}

export interface Model {
  readonly batch?: number;
  readonly module: nn.Module;
  readonly shape: readonly number[];
  readonly loss: (x: Tensor, targets: Tensor<'i32'>) => Tensor;
  readonly optimizer: Optimizer;
}
export type Order = (tasks: number) => readonly number[];

export const inputs = ({ batch = samples, shape }: Model, step: number) => ({
  x: hashUniform(`compile/x/${step}`, batch * shape.reduce((a, b) => a * b, 1)),
  targets: hashTargets(`compile/targets/${step}`, batch, 5),
});

/** Parameters, then buffers as numbers. */
function stateOf(module: nn.Module): number[] {
  return Object.values(module.stateDict()).flatMap(({ data }) => [...data]);
}

/** Losses, weights and buffers of a few steps of the compiled training program, one after the other. */
export function trainCompiled(
  model: Model,
  options: { shards: number; workers?: number; steps?: number; order?: Order | undefined; fused?: boolean },
): Float32Array {
  const { module, shape, optimizer, batch = samples } = model;
  const { shards, workers = 1 } = options;
  const x = inputTensor('x', { shape: [batch, ...shape], dtype: 'f32' });
  const targets = inputTensor('targets', { shape: [batch], dtype: 'i32' });
  const [loss, ...effects] = traceWith(7, () => {
    const nodes = [model.loss(x, targets).node, ...tracedEffects()];
    return (options.fused ? fuse(nodes) : nodes).map((node) => new Tensor(node));
  }) as [Tensor, ...Tensor[]];
  const parameters = module.parameters().filter(({ requiresGrad }) => requiresGrad);
  const hyper = hyperBlock(optimizer.hyper(0));
  const found = gradients(
    loss.node,
    fullNode([], 1),
    parameters.map((parameter) => parameter.node),
  );
  const updates = [
    ...effects.map(({ node }) => node),
    ...parameters.flatMap((parameter, i) => optimizer.updateNodes(parameter, found[i]!, hyper.address)),
  ];
  const program = programOf([x, targets, loss], { batch, shards, workers, updates });
  const seen: number[] = [];
  for (let step = 0; step < (options.steps ?? 3); step++) {
    const values = inputs(model, step);
    program.data(x).set(values.x);
    program.data(targets).set(values.targets);
    hyper.set(optimizer.hyper(step));
    program.step(step, options.order, workers);
    seen.push(program.data(loss)[0]!, ...stateOf(module));
  }
  return Float32Array.from(seen);
}

/** The same in eager computation. */
export function trainEager(model: Model, steps = 3): Float32Array {
  const { module, shape, optimizer, batch = samples } = model;
  const seen: number[] = [];
  for (let step = 0; step < steps; step++) {
    const values = inputs(model, step);
    manualSeed(7);
    const loss = model.loss(tensor(values.x, { shape: [batch, ...shape] }), tensor(values.targets, { dtype: 'i32' }));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    seen.push(loss.item(), ...stateOf(module));
  }
  return Float32Array.from(seen);
}

export function smallModel(p: number, kind: 'SGD' | 'Adam' = 'SGD'): Model {
  manualSeed(3);
  const module = new SmallNet(p);
  const optimizer =
    kind === 'SGD'
      ? new SGD(module.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true })
      : new Adam(module.parameters(), { lr: 0.01 });
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape: [2, 5, 5], loss, optimizer };
}

/**
 * A model as a graph in which every node knows the module call that made it: the model's forward pass in training mode, traced on a
 * batch of two samples. Nothing is computed, and neither modes nor running statistics change.
 */
import { tracedEffects, traceWith } from '../graph/context.ts';
import { type Node, topologicalOrder } from '../graph/node.ts';
import { type Module, tensorsOf } from '../nn/module.ts';
import type { DType } from '../tensor/dtype.ts';
import { inputTensor } from '../tensor/input.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** One call of a module's forward. */
export interface ModuleCall {
  /** The module's path; empty for the model itself. */
  readonly path: string;
  readonly module: Module;
  /** Which call of this module it is, from 1. */
  readonly use: number;
}

export interface ModelTrace {
  readonly input: Node;
  readonly output: Node;
  /** Everything the output is computed from, inputs before users, parameters included. */
  readonly order: readonly Node[];
  /** The innermost module call that made a node. */
  readonly calls: ReadonlyMap<Node, ModuleCall>;
  /** How often each module was called. */
  readonly uses: ReadonlyMap<Module, number>;
  /** Paths of parameters. */
  readonly names: ReadonlyMap<Node, string>;
  /** The updates of running statistics that the forward pass asked for. */
  readonly effects: readonly Node[];
}

/** Samples of the traced batch: batch normalisation needs more than one. */
const samples = 2;

/** Traces `model.forward` on [2, …inputShape]. Errors of the forward pass (a ShapeError, say) come through. */
export function traceModel(model: Module, inputShape: Shape): ModelTrace {
  const calls = new Map<Node, ModuleCall>();
  const uses = new Map<Module, number>();
  const modules = [...model.namedModules()];
  const modes = modules.map(([, module]) => module.training);
  const restores = modules.map(([path, module]) => observe(module, { path, calls, uses }));
  model.train();
  try {
    return traceWith(0, () => {
      const x = inputTensor('x', { shape: [samples, ...inputShape], dtype: 'f32' });
      const output = model.forward(x).node;
      const names = new Map([...model.namedParameters()].map(([name, { node }]) => [node, name]));
      const effects = [...tracedEffects()];
      return { input: x.node, output, order: topologicalOrder([output]), calls, uses, names, effects };
    });
  } finally {
    for (const restore of restores) restore();
    modules.forEach(([, module], i) => {
      module.training = modes[i]!;
    });
  }
}

/** Has each call of the module's forward sign its nodes; returns what takes that back. The class is not touched. */
function observe(
  module: Module,
  into: { path: string; calls: Map<Node, ModuleCall>; uses: Map<Module, number> },
): () => void {
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const { forward } = module;
  module.forward = (...inputs) => {
    const use = (into.uses.get(module) ?? 0) + 1;
    into.uses.set(module, use);
    const output = forward.apply(module, inputs);
    for (const { node } of tensorsOf(output)) {
      sign(node, { path: into.path, module, use }, { inputs: inputs.flatMap(tensorsOf), calls: into.calls });
    }
    return output;
  };
  return () => {
    if (own) Object.defineProperty(module, 'forward', own);
    else delete (module as { forward?: unknown }).forward;
  };
}

/** Nodes between inputs and output that no call inside has signed. */
function sign(
  output: Node,
  call: ModuleCall,
  at: { inputs: readonly Tensor<DType>[]; calls: Map<Node, ModuleCall> },
): void {
  const seen = new Set<Node>(at.inputs.map(({ node }) => node));
  const open = [output];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (!at.calls.has(node)) at.calls.set(node, call);
    open.push(...node.inputs);
  }
}

/**
 * Runs a model once on a symbolic batch of two samples (batch normalisation needs more than one) and writes down every layer call: shapes, parameters, products. Nothing is computed.
 * Serves `inspect`, and checks before training that the model fits the data: the error then names the layer by its path.
 */
import { inputTensor, type Node, nn, ShapeError, type Tensor, tensorsOf, traceWith } from '@lockstep/core';

export interface LayerCall {
  /** Path of the module, such as `features.0`. */
  readonly name: string;
  readonly layer: string;
  /** Shape of the result for one sample, without the batch axis. */
  readonly output: readonly number[];
  /** Elements of its own parameters; 0 for the second and later calls of one module. */
  readonly parameters: number;
  /** Multiply-adds of the forward pass × 2, for one sample. */
  readonly flops: number;
}

export interface LayerTrace {
  readonly calls: readonly LayerCall[];
  readonly input: Node;
  readonly output: Tensor;
}

/** Samples of the traced batch. */
export const tracedSamples = 2;

/** Traces `model.forward` in training mode on [2, …inputShape]. */
export function traceLayers(model: nn.Module, inputShape: readonly number[]): LayerTrace {
  const calls: LayerCall[] = [];
  const counted = new Set<nn.Parameter>();
  const restores = [...model.namedModules()]
    .filter(([, module]) => isLayer(module))
    .map(([name, module]) => intercept(module, { name: name || '(model)', calls, counted }));
  try {
    return traceWith(0, () => {
      const x = inputTensor('x', { shape: [tracedSamples, ...inputShape], dtype: 'f32' });
      return { calls, input: x.node, output: model.forward(x) };
    });
  } finally {
    for (const restore of restores) restore();
  }
}

/** Layers are modules without modules inside. */
function isLayer(module: nn.Module): boolean {
  return module.namedChildren().next().done === true;
}

function intercept(
  module: nn.Module,
  into: { name: string; calls: LayerCall[]; counted: Set<nn.Parameter> },
): () => void {
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const { forward } = module;
  module.forward = (...inputs) => {
    const output = namingTheLayer(into.name, () => forward.apply(module, inputs));
    const parameters = Object.values(module).filter(
      (value) => value instanceof nn.Parameter && !into.counted.has(value),
    ) as nn.Parameter[];
    for (const parameter of parameters) into.counted.add(parameter);
    into.calls.push({
      name: into.name,
      layer: module.describe(),
      output: tensorsOf(output)[0]!.shape.slice(1),
      parameters: parameters.reduce((sum, { size }) => sum + size, 0),
      flops:
        flopsBetween(
          tensorsOf(output)
            .slice(0, 1)
            .map(({ node }) => node),
          inputs.flatMap(tensorsOf).map(({ node }) => node),
        ) / tracedSamples,
    });
    return output;
  };
  return () => {
    if (own) Object.defineProperty(module, 'forward', own);
    else delete (module as { forward?: unknown }).forward;
  };
}

function namingTheLayer<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof ShapeError) thrown.message = `layer ${name}: ${thrown.message}`;
    throw thrown;
  }
}

function flopsBetween(outputs: readonly Node[], inputs: readonly Node[]): number {
  return nodesBetween(outputs, inputs).reduce((sum, node) => sum + (node.op.flops?.(node) ?? 0), 0);
}

/** All nodes that `outputs` are computed from, themselves included, without `ends` and what lies before them. */
export function nodesBetween(outputs: readonly Node[], ends: readonly Node[]): Node[] {
  const seen = new Set(ends);
  const found: Node[] = [];
  const open = [...outputs];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    found.push(node);
    open.push(...node.inputs);
  }
  return found;
}

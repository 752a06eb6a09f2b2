/** Everything `inspect` shows of a model: its layers, totals, the cost of training and the memory that the compiler plans for a step. */
import { constantNode, crossEntropy, gradients, inputTensor, type Node, type nn, SGD, traceWith } from '@lockstep/core';
import { planStep } from '@lockstep/scheduler';
import { checkOutput } from './check-output.ts';
import { type LayerCall, nodesBetween, tracedSamples, traceLayers } from './trace-layers.ts';

export interface ModelSummary {
  readonly inputShape: readonly number[];
  readonly layers: readonly LayerCall[];
  readonly parameters: number;
  /** For one sample: forward; and forward, backward and weight gradients together. */
  readonly flops: { readonly forward: number; readonly training: number };
  readonly memory: {
    readonly batchSize: number;
    readonly parameterBytes: number;
    /** Momentum of SGD: as much as the parameters. */
    readonly optimizerBytes: number;
    /** Activations and gradients of one training step, as the compiler places them. */
    readonly workspaceBytes: number;
  };
}

export interface SummaryOptions {
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly batchSize: number;
}

export function summarize(model: nn.Module, options: SummaryOptions): ModelSummary {
  const { inputShape, classes, batchSize } = options;
  const { calls, input, output } = traceLayers(model, inputShape);
  checkOutput(output, classes);
  const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
  const parameterBytes = model.parameters().reduce((sum, { data }) => sum + data.byteLength, 0);
  return {
    inputShape,
    layers: calls,
    parameters,
    flops: {
      forward: flopsOf(nodesBetween([output.node], [input])) / tracedSamples,
      training: trainingFlops(model, inputShape),
    },
    memory: {
      batchSize,
      parameterBytes,
      optimizerBytes: parameterBytes,
      workspaceBytes: workspaceBytes(model, { inputShape, batchSize }),
    },
  };
}

function trainingFlops(model: nn.Module, inputShape: readonly number[]): number {
  const { loss, gradients } = traceWith(0, () => backward(model, [tracedSamples, ...inputShape]));
  const nodes = new Set([loss, ...gradients].flatMap((root) => (root ? nodesBetween([root], []) : [])));
  return flopsOf([...nodes]) / tracedSamples;
}

/** The memory that the compiler plans for the step that training runs. */
function workspaceBytes(model: nn.Module, options: { inputShape: readonly number[]; batchSize: number }): number {
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  return planStep({ model, optimizer, ...options }).report.workspaceBytes;
}

interface Backward {
  readonly loss: Node;
  /** In the order of the parameters; nothing for those that the loss does not depend on. */
  readonly gradients: readonly (Node | null | undefined)[];
}

function backward(model: nn.Module, shape: readonly number[]): Backward {
  const x = inputTensor('x', { shape, dtype: 'f32' });
  const y = inputTensor('y', { shape: [shape[0]!], dtype: 'i32' });
  const loss = crossEntropy(model.forward(x), y).node;
  const parameters = model.parameters().map(({ node }) => node);
  return { loss, gradients: gradients(loss, constantNode([], 1), parameters) };
}

function flopsOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + (node.op.flops?.(node) ?? 0), 0);
}

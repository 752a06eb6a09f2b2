/** Finds where numbers stopped being finite: runs a step once more, keeps every value of it, and looks at them in the order of the program. */
import {
  compile,
  kernelTable,
  link,
  type Node,
  type nn,
  type Optimizer,
  OutOfMemoryError,
  runPhases,
  sizeOf,
  topologicalOrder,
} from '@lockstep/core';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import { namesOf, type StepPrograms, type TracedStep } from './step-programs.ts';

/** The first value of a step that holds a NaN or an infinity. */
export interface NonFiniteValue {
  /** What it is: `linear of fc1`, `the gradient of fc1.weight`. */
  readonly where: string;
  /** The layer that it belongs to, or the last one before it; empty where there is none. */
  readonly layer: string;
  readonly pass: 'forward' | 'backward';
  /** Elements that are not finite, and all of them; the first of those. */
  readonly count: number;
  readonly size: number;
  readonly value: number;
}

export interface DiagnosisParts {
  readonly session: Session;
  readonly programs: StepPrograms;
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly data: SharedData;
  /** Samples of the batch. */
  readonly samples: number;
}

/**
 * Repeats the step that was left before its updates, in this thread, without them. Undefined if all its values are finite, or do not fit into
 * the memory together.
 */
export function diagnose(parts: DiagnosisParts): NonFiniteValue | undefined {
  const { session, programs, model, optimizer, data, samples } = parts;
  const { arena } = session;
  const step = programs.trace(data, samples, { optimizer });
  const { nodes, placeOf } = valuesOf(step, namesOf(model));
  const { program, outputs } = tryCompile(() => compile({ outputs: nodes }, programs.compileOptions(samples))) ?? {};
  if (!program || !outputs) return undefined;
  const scratch = arena.allocate(program.scratchBytes);
  try {
    const table = kernelTable(arena.kernels);
    const words = link(program, scratch.offsetBytes);
    for (const phases of [program.prologue, program.phases]) runPhases(phases, table, words);
    for (const [i, node] of nodes.entries()) {
      const values = new Float32Array(arena.memory.buffer, outputs[i]!, sizeOf(node.shape));
      const first = values.findIndex((value) => !Number.isFinite(value));
      if (first < 0) continue;
      const count = values.reduce((sum, value) => sum + Number(!Number.isFinite(value)), 0);
      return { ...placeOf(node), count, size: values.length, value: values[first]! };
    }
    return undefined;
  } finally {
    for (const block of [...program.blocks, scratch]) arena.free(block);
  }
}

function tryCompile<T>(build: () => T): T | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof OutOfMemoryError) return undefined;
    throw error;
  }
}

/** The f32 values of a step, first of the forward, then of the backward pass, each after those it is computed from. */
function valuesOf(
  { outputs, gradients }: TracedStep,
  names: ReadonlyMap<Node, string>,
): { nodes: Node[]; placeOf: (node: Node) => Pick<NonFiniteValue, 'where' | 'layer' | 'pass'> } {
  const forward = new Set(topologicalOrder([outputs[0]!]));
  const gradientOf = new Map(gradients.map(({ parameter, gradient }) => [gradient, names.get(parameter.node) ?? '?']));
  const all = [...forward, ...topologicalOrder([...gradientOf.keys()]).filter((node) => !forward.has(node))];
  const nodes = all.filter(({ dtype, shape }) => dtype === 'f32' && sizeOf(shape) > 0);
  const own = (node: Node): string | undefined => node.inputs.map((input) => names.get(input)).find(Boolean);
  const placeOf = (node: Node) => {
    const pass = forward.has(node) ? 'forward' : 'backward';
    const parameter = names.get(node) ?? gradientOf.get(node);
    if (parameter !== undefined) {
      const where = names.has(node) ? `the parameter ${parameter}` : `the gradient of ${parameter}`;
      return { where, layer: layerOf(parameter), pass } as const;
    }
    if (node.op.name === 'input') return { where: `the input ${node.attrs.name}`, layer: '', pass } as const;
    const op = typeof node.attrs?.name === 'string' ? `${node.op.name} ${node.attrs.name}` : node.op.name;
    let at: Node | undefined = node;
    while (at && own(at) === undefined) at = at.inputs.find((input) => forward.has(input)) ?? at.inputs[0];
    const layer = layerOf((at && own(at)) ?? '');
    return { where: layer === '' ? op : `${op} ${at === node ? 'of' : 'after'} ${layer}`, layer, pass } as const;
  };
  return { nodes, placeOf };
}

/** `conv1` of `conv1.weight`. */
export function layerOf(parameter: string): string {
  return parameter.includes('.') ? parameter.slice(0, parameter.lastIndexOf('.')) : parameter;
}

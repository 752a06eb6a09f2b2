/**
 * One layer and direction of a recurrent network over whole sequences, as one op: the pre-activations of all steps come from one product,
 * and the walk through time stays within a sample, so that shards run without barriers. Its side value is what the gradient needs again.
 */
import { recurrentKinds, recurrentScratchBytes, recurrentSizes } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { biasGradient } from './bias-gradient.ts';
import { keepsRows, type LowerContext, type Op } from './define-op.ts';
import { matrixGradient } from './matrix-gradient.ts';
import { packNode } from './pack-weights.ts';

export type RecurrentKind = keyof typeof recurrentKinds;

/** The inputs of the op, by name. `gates`: x·Wᵀ + b [B, T, G·H]; `weight`: [G·H, H]; `bias`: [G·H]; states [B, H]; `lengths`: i32 [B]. */
export interface RecurrentInputs {
  readonly gates: Node;
  readonly weight: Node;
  readonly bias?: Node | undefined;
  readonly hidden?: Node | undefined;
  readonly cell?: Node | undefined;
  readonly lengths?: Node | undefined;
}

interface RecurrentAttrs {
  readonly kind: RecurrentKind;
  readonly reverse: boolean;
  /** The names of the inputs that are given, in their order. */
  readonly roles: readonly (keyof RecurrentInputs)[];
}

const kindNumber = ({ kind }: RecurrentAttrs): number => recurrentKinds[kind];
const sizesOf = (attrs: RecurrentAttrs) => recurrentSizes(kindNumber(attrs));

/** The inputs by name; those of a gradient come after `before` others. */
function inputsOf({ inputs, attrs }: Node<RecurrentAttrs>, before = 0): RecurrentInputs {
  const entries = attrs.roles.map((role, i) => [role, inputs[before + i]!] as const);
  return Object.fromEntries(entries) as unknown as RecurrentInputs;
}

interface Extents {
  readonly samples: number;
  readonly steps: number;
  readonly hidden: number;
}

/** The samples of the task, and the extents of each. */
function extentsOf({ gates, weight }: RecurrentInputs, at: LowerContext): Extents {
  const [rows, steps] = gates.shape as [number, number, number];
  return { samples: (rows / at.total) * at.count, steps, hidden: weight.shape[1]! };
}

/** Samples stay apart where weights are the same for all. */
function samplewiseSequences(before: number) {
  return (node: Node<RecurrentAttrs>, split: readonly boolean[], batch: number): boolean => {
    const shared = node.attrs.roles.some((role, i) => (role === 'weight' || role === 'bias') && split[before + i]);
    return split.some(Boolean) && !shared && keepsRows(node, batch);
  };
}

const startOf = (at: LowerContext, node: Node | undefined): number => (node ? at.start(node) : 0);

/** Emits the walk; `out` and `kept` are where results go. */
function walk(node: Node<RecurrentAttrs>, at: LowerContext, to: { from: RecurrentInputs; out: number; kept: number }) {
  const { gates, bias, hidden: h0, cell, lengths } = to.from;
  const { samples, steps, hidden } = extentsOf(to.from, at);
  const kind = kindNumber(node.attrs);
  const scratch = at.scratch(recurrentScratchBytes(kind, samples, hidden));
  const states = [startOf(at, h0), startOf(at, cell), startOf(at, lengths)] as const;
  const [weights, biasAt] = [at.base(at.prepared(0)), bias ? at.base(bias) : 0];
  const reverse = Number(node.attrs.reverse);
  // biome-ignore format: one call
  at.call('recurrent', kind, at.start(gates), weights, biasAt, ...states, to.out, to.kept, samples, steps, hidden, reverse, scratch);
}

/** The weight [G·H, H] as the walk forwards reads it: sums over the hidden size. */
function forwardPack(weight: Node): Node {
  const [n, k] = weight.shape as [number, number];
  const strides = { groups: 1, groupStride: 0, k1: 1, k1Stride: 0, k2Stride: 1, nStride: k } as const;
  return packNode(weight, { ...strides, k2: k, n, rowsAre: 'n' });
}

/** The same for the walk backwards: sums over the gates. */
function backwardPack(weight: Node): Node {
  const [k, n] = weight.shape as [number, number];
  const strides = { groups: 1, groupStride: 0, k1: 1, k1Stride: 0, k2Stride: n, nStride: 1 } as const;
  return packNode(weight, { ...strides, k2: k, n, rowsAre: 'k2' });
}

/** [B, (T + F)·H]: h of every step, then the final h and, for an LSTM, the final c. */
const recurrent: Op<RecurrentAttrs> = {
  name: 'recurrent',
  infer([gates, weight], attrs) {
    const [samples, steps] = gates!.shape as [number, number];
    return { shape: [samples, (steps + sizesOf(attrs).finals) * weight!.shape[1]!], dtype: 'f32' };
  },
  gradient(node, dy) {
    const { hidden, cell, lengths, weight } = inputsOf(node);
    const dGates = makeNode(recurrentGradient, [dy, node, ...node.inputs], node.attrs);
    const inWeights =
      node.attrs.kind === 'gru' ? makeNode(gruHiddenGradient, [dGates, ...dGates.inputs], node.attrs) : dGates;
    const attrs = { ...node.attrs, hidden: weight.shape[1]!, steps: dGates.shape[1]! };
    const previous = makeNode(previousHidden, given([node, hidden, lengths]), { ...attrs, h0: hidden !== undefined });
    const byRole: Partial<Record<keyof RecurrentInputs, () => Node>> = {
      gates: () => dGates,
      weight: () => makeNode(matrixGradient, [previous, inWeights], { transposed: true }),
      bias: () => makeNode(biasGradient, [inWeights], { channelAxis: 2 }),
      hidden: () => makeNode(initialGradient, given([dGates, hidden]), { ...attrs, part: 0 }),
      cell: () => makeNode(initialGradient, given([dGates, cell]), { ...attrs, part: 1 }),
    };
    return node.attrs.roles.map((role) => byRole[role]?.() ?? null);
  },
  samplewise: samplewiseSequences(0),
  prepare: (node) => [forwardPack(inputsOf(node).weight)],
  side: keptBytes,
  flops(node) {
    const { gates, weight } = inputsOf(node);
    return 2 * gates.shape[0]! * gates.shape[1]! * weight.shape[0]! * weight.shape[1]!;
  },
  lower(node, at) {
    walk(node, at, { from: inputsOf(node), out: at.start(node), kept: at.side(node) });
  },
};

function given(nodes: readonly (Node | undefined)[]): Node[] {
  return nodes.filter((node) => node !== undefined);
}

function keptBytes(node: Node<RecurrentAttrs>): number {
  const { gates, weight } = inputsOf(node);
  return 4 * gates.shape[0]! * gates.shape[1]! * sizesOf(node.attrs).kept * weight.shape[1]!;
}

/** The address of what the forward walk kept. When it was an earlier program's, it is walked again. */
function keptOf(node: Node<RecurrentAttrs>, at: LowerContext, from: RecurrentInputs, forward: Node): number {
  if (sizesOf(node.attrs).kept === 0) return 0;
  const side = at.side(forward);
  if (side) return side;
  const kept = at.scratch((keptBytes(forward) / at.total) * at.count);
  walk(node, at, { from, out: at.scratch(at.elements(forward) * 4), kept });
  return kept;
}

/** Inputs: dy, the walk, its inputs. The gradient of `gates`; its side value is that of the initial states [B, F, H]. */
const recurrentGradient: Op<RecurrentAttrs> = {
  name: 'recurrentGradient',
  infer: (inputs) => ({ shape: inputs[2]!.shape, dtype: 'f32' }),
  samplewise: samplewiseSequences(2),
  prepare: (node) => [forwardPack(inputsOf(node, 2).weight), backwardPack(inputsOf(node, 2).weight)],
  readsSideOf: 1,
  side(node) {
    const { gates, weight } = inputsOf(node, 2);
    return 4 * gates.shape[0]! * sizesOf(node.attrs).finals * weight.shape[1]!;
  },
  flops: (node) => recurrent.flops!(node.inputs[1]!),
  lower(node, at) {
    const [dy, forward] = node.inputs as [Node, Node];
    const from = inputsOf(node, 2);
    const kept = keptOf(node, at, from, forward);
    const { samples, steps, hidden } = extentsOf(from, at);
    const kind = kindNumber(node.attrs);
    const scratch = at.scratch(recurrentScratchBytes(kind, samples, hidden));
    const states = [startOf(at, from.hidden), startOf(at, from.cell), startOf(at, from.lengths)] as const;
    const [dx, dInitial, reverse] = [at.start(node), at.side(node), Number(node.attrs.reverse)];
    // biome-ignore format: one call
    at.call('recurrentGrad', kind, at.start(dy), at.start(forward), kept, at.base(at.prepared(1)), ...states, dx, dInitial, samples, steps, hidden, reverse, scratch);
  },
};

/** Inputs: the gradient of the gates, and its inputs. The gradient of W·h + b: another one than that of x·W + b in the new gate alone. */
const gruHiddenGradient: Op<RecurrentAttrs> = {
  name: 'gruHiddenGradient',
  infer: ([dGates]) => ({ shape: dGates!.shape, dtype: 'f32' }),
  samplewise: samplewiseSequences(3),
  prepare: (node) => [forwardPack(inputsOf(node, 3).weight)],
  readsSideOf: 2,
  lower(node, at) {
    const from = inputsOf(node, 3);
    const kept = keptOf(node, at, from, node.inputs[2]!);
    const { samples, steps, hidden } = extentsOf(from, at);
    at.call('gruHiddenGrad', at.start(node.inputs[0]!), kept, at.start(node), samples * steps, hidden);
  },
};

interface PartAttrs extends RecurrentAttrs {
  readonly steps: number;
  readonly hidden: number;
}

/** Inputs: the walk, h0 and lengths where there are. h before every step, [B, T, H]: the rows that the weight's gradient sums over. */
const previousHidden: Op<PartAttrs & { h0: boolean }> = {
  name: 'previousHidden',
  infer: ([walked], { steps, hidden }) => ({ shape: [walked!.shape[0]!, steps, hidden], dtype: 'f32' }),
  samplewise: (node, split, batch) => split.some(Boolean) && keepsRows(node, batch),
  lower(node, at) {
    const { steps, hidden, h0, reverse } = node.attrs;
    const [walked, ...others] = node.inputs as [Node, ...Node[]];
    const initial = startOf(at, h0 ? others[0] : undefined);
    const lengths = startOf(at, others[h0 ? 1 : 0]);
    const samples = at.elements(node) / (steps * hidden);
    // biome-ignore format: one call
    at.call('recurrentPrevious', kindNumber(node.attrs), at.start(walked), initial, lengths, at.start(node), samples, steps, hidden, Number(reverse));
  },
};

/** The gradient of an initial state [B, H], from the side value of the gates' gradient. */
const initialGradient: Op<PartAttrs & { part: number }> = {
  name: 'initialStateGradient',
  infer: ([dGates], { hidden }) => ({ shape: [dGates!.shape[0]!, hidden], dtype: 'f32' }),
  samplewise: (node, split, batch) => split[0] === true && keepsRows(node, batch),
  readsSideOf: 0,
  sideOnly: 0,
  lower(node, at) {
    const { hidden, part } = node.attrs;
    const rows = node.shape[0]!;
    const strides = [sizesOf(node.attrs).finals * hidden, 1];
    const spec = at.constant('rows', () => new Int32Array([2, rows, hidden, ...strides]));
    const from = at.side(node.inputs[0]!) + part * hidden * 4;
    at.call('gatherStrided', from, at.start(node), spec, 0, at.elements(node), 4);
  },
};

/** The walk: [B, (T + F)·H], h of every step and then the final states. */
export function recurrentNode(from: RecurrentInputs, attrs: Pick<RecurrentAttrs, 'kind' | 'reverse'>): Node {
  const entries = Object.entries(from).filter(([, node]) => node !== undefined) as [keyof RecurrentInputs, Node][];
  const roles = entries.map(([role]) => role);
  return makeNode(
    recurrent,
    entries.map(([, node]) => node),
    { ...attrs, roles },
  );
}

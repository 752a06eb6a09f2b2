/**
 * First pass: decides how each rank-4 value lies in memory and inserts conversions at the edges, so that convolutions and pooling run
 * channels-last while everything else sees logical order. Also collects the values that ops want prepared (packed weights), once each.
 */
import { makeNode, type Node, topologicalOrder } from '../graph/node.ts';
import { type Layout, type Op, samplewiseRows } from '../ops/define-op.ts';
import { sizeOf } from '../tensor/shape.ts';

export interface LaidOutGraph {
  /** All nodes, inputs before users. */
  readonly order: readonly Node[];
  /** The node that computes each original node; outputs in logical order. */
  readonly outputs: ReadonlyMap<Node, Node>;
  readonly layouts: ReadonlyMap<Node, Layout>;
  readonly prepared: ReadonlyMap<Node, readonly Node[]>;
}

const toChannelsLast: Op<object> = converter('toChannelsLast');
const toChannelsFirst: Op<object> = converter('toChannelsFirst');

function converter(kernel: 'toChannelsLast' | 'toChannelsFirst'): Op<object> {
  return {
    name: kernel,
    infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
    samplewise: samplewiseRows,
    // One channel or one pixel: both orders are the same.
    view: (node) => (sizeOf(node.shape.slice(2)) === 1 || node.shape[1] === 1 ? { offsetBytes: 0 } : null),
    lower(node, at) {
      const [samples, channels] = node.shape as [number, number];
      const pixels = sizeOf(node.shape.slice(2));
      at.call(kernel, at.start(node.inputs[0]!), at.start(node), (samples / at.total) * at.count, channels, pixels);
    },
  };
}

export function assignLayouts(roots: readonly Node[]): LaidOutGraph {
  const replaced = new Map<Node, Node>();
  const layouts = new Map<Node, Layout>();
  const prepared = new Map<Node, readonly Node[]>();
  const converted = new Map<Node, Node>();
  const packs = new Map<Node, Map<string, Node>>();

  const layoutOf = (node: Node): Layout => layouts.get(node) ?? 'row';
  const inLayout = (node: Node, wanted: Layout): Node => {
    if (node.shape.length !== 4 || layoutOf(node) === wanted) return node;
    let result = converted.get(node);
    if (!result) {
      result = makeNode(wanted === 'channelsLast' ? toChannelsLast : toChannelsFirst, [node], {});
      layouts.set(result, wanted);
      converted.set(node, result);
    }
    return result;
  };

  for (const node of topologicalOrder(roots)) {
    if (node.storage) {
      replaced.set(node, node);
      continue;
    }
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const wish = node.op.layout?.(node) ?? { inputs: [], output: 'row' };
    const common = wish === 'same' ? commonLayout(inputs, layoutOf) : undefined;
    const placed = inputs.map((input, i) =>
      inLayout(input, common ?? (wish as Exclude<typeof wish, 'same'>).inputs[i] ?? 'row'),
    );
    const same = placed.every((input, i) => input === node.inputs[i]);
    const result = same ? node : { ...node, inputs: placed };
    replaced.set(node, result);
    if (result.shape.length === 4) layouts.set(result, common ?? (wish as Exclude<typeof wish, 'same'>).output);
    if (node.op.prepare)
      prepared.set(
        result,
        node.op.prepare(result).map((pack) => unique(packs, pack)),
      );
  }
  const outputs = new Map(roots.map((root) => [root, inLayout(replaced.get(root)!, 'row')]));
  const order = orderWithPrepared([...outputs.values()], prepared);
  return { order, outputs, layouts, prepared };
}

/** The layout of the first rank-4 operand that needs memory; the others follow it. */
function commonLayout(inputs: readonly Node[], layoutOf: (node: Node) => Layout): Layout {
  const images = inputs.filter((input) => input.shape.length === 4);
  return images.some((image) => layoutOf(image) === 'channelsLast') ? 'channelsLast' : 'row';
}

/** One node for equal packs of the same weight. */
function unique(packs: Map<Node, Map<string, Node>>, pack: Node): Node {
  const weight = pack.inputs[0]!;
  const key = `${pack.op.name} ${JSON.stringify(pack.attrs)}`;
  const known = packs.get(weight) ?? new Map<string, Node>();
  packs.set(weight, known);
  const result = known.get(key) ?? pack;
  known.set(key, result);
  return result;
}

function orderWithPrepared(roots: readonly Node[], prepared: ReadonlyMap<Node, readonly Node[]>): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  for (const node of topologicalOrder([...roots, ...[...prepared.values()].flat()])) {
    for (const pack of prepared.get(node) ?? []) {
      for (const inner of topologicalOrder([pack])) {
        if (!seen.has(inner)) order.push(inner);
        seen.add(inner);
      }
    }
    if (!seen.has(node)) order.push(node);
    seen.add(node);
  }
  return order;
}

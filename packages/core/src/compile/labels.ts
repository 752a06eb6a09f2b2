/** What each kernel call of a program is for, in words and FLOPs: for profiles and plans. Written only when asked for. */
import type { KernelName } from '@lockstep/kernels';
import { type Node, sizeBytes } from '../graph/node.ts';
import type { LaidOutGraph } from './assign-layouts.ts';
import type { Placement } from './placement.ts';
import type { Schedule } from './schedule.ts';

/** One op in one phase of a program. */
export interface OpLabel {
  readonly op: string;
  /** Path of the layer whose parameter it reads or updates; empty where there is none. */
  readonly layer: string;
  /** The number of the phase; −1 for the prologue. */
  readonly phase: number;
  /** Cut by samples; otherwise it runs on the whole batch, in one piece or in tiles. */
  readonly bySamples: boolean;
  /** Why it runs like this, where there was a choice. */
  readonly reason: string;
  readonly kernels: readonly KernelName[];
  /** Tasks that hold a part of it, and its calls in all of them. */
  readonly tasks: number;
  readonly calls: number;
  /** Of one step, as if no element were zero and no product saved; 0 where it is not counted. */
  readonly flops: number;
  /** Of its result and of what is kept beside it. */
  readonly bytes: number;
}

export interface ProgramLabels {
  readonly ops: readonly OpLabel[];
  /** Of each call, in the order of the words: where it starts, its op (an index), its kernel's number, its FLOPs. */
  readonly positions: Int32Array;
  readonly opOf: Int32Array;
  readonly kernelOf: Int32Array;
  readonly flopsOf: Float64Array;
}

/** What the compiler knows of a node beside what the node says itself. */
export type NodeFacts = Pick<OpLabel, 'layer' | 'bySamples' | 'reason' | 'bytes'>;

/** Kernels that only bring values into place: an op's FLOPs belong to its other calls. */
const movers: ReadonlySet<KernelName> = new Set<KernelName>([
  'copy',
  'packPanels',
  'unpackPanel',
  'toChannelsFirst',
  'toChannelsLast',
  'padImages',
]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type OpenLabel = Mutable<OpLabel> & { readonly kernels: KernelName[]; lastTask: number };

interface Call {
  readonly position: number;
  readonly op: number;
  readonly kernel: number;
  flops: number;
}

/** Follows the task writer: which op writes now, and what it calls. */
export class LabelWriter {
  /** The phase that is being written; −1: the prologue. */
  phase = -1;
  readonly #factsOf: (node: Node) => NodeFacts;
  readonly #ops: OpenLabel[] = [];
  readonly #calls: Call[] = [];
  /** Index of the op of a node in a phase. */
  readonly #known = new Map<Node, Map<number, number>>();
  #task = 0;
  /** The lowering that is open: its FLOPs, and the calls among which they are shared out. */
  #flops = 0;
  #products: Call[] = [];
  #node: Node | undefined;

  constructor(factsOf: (node: Node) => NodeFacts) {
    this.#factsOf = factsOf;
  }

  beginTask(): void {
    this.#task++;
  }

  /** From here on calls are of `node`; they compute `share` of its result. */
  enter(node: Node, share: number): void {
    this.#close();
    this.#node = node;
    this.#flops = share * (node.op.flops?.(node) ?? 0);
  }

  call(name: KernelName, at: { position: number; kernel: number }): void {
    const index = this.#indexOf(this.#node!);
    const op = this.#ops[index]!;
    op.calls++;
    if (op.lastTask !== this.#task) op.tasks++;
    op.lastTask = this.#task;
    if (!op.kernels.includes(name)) op.kernels.push(name);
    const call: Call = { ...at, op: index, flops: 0 };
    this.#calls.push(call);
    if (!movers.has(name)) this.#products.push(call);
  }

  finish(): ProgramLabels {
    this.#close();
    return {
      ops: this.#ops.map(({ lastTask: _, ...label }) => label),
      positions: Int32Array.from(this.#calls, ({ position }) => position),
      opOf: Int32Array.from(this.#calls, ({ op }) => op),
      kernelOf: Int32Array.from(this.#calls, ({ kernel }) => kernel),
      flopsOf: Float64Array.from(this.#calls, ({ flops }) => flops),
    };
  }

  #close(): void {
    for (const call of this.#products) {
      call.flops = this.#flops / this.#products.length;
      this.#ops[call.op]!.flops += call.flops;
    }
    this.#products = [];
  }

  #indexOf(node: Node): number {
    const ofNode = this.#known.get(node) ?? new Map<number, number>();
    this.#known.set(node, ofNode);
    const known = ofNode.get(this.phase);
    if (known !== undefined) return known;
    ofNode.set(this.phase, this.#ops.length);
    const counts = { kernels: [], tasks: 0, calls: 0, flops: 0, lastTask: 0 };
    this.#ops.push({ op: nameOf(node), phase: this.phase, ...this.#factsOf(node), ...counts });
    return this.#ops.length - 1;
  }
}

/** Families of ops say which member it is: `unary relu`. */
function nameOf({ op, attrs }: Node): string {
  return typeof attrs?.name === 'string' ? `${op.name} ${attrs.name}` : op.name;
}

/** What labels say of a node: from the plan, from where its values lie, and from the names of parameters. */
export function factsOf(
  graph: LaidOutGraph,
  parts: { plan: Schedule; placement: Placement; names: ReadonlyMap<Node, string> },
): (node: Node) => NodeFacts {
  const { plan, placement, names } = parts;
  const layers = new Map<Node, string>();
  for (const node of graph.order) {
    const name = node.inputs.map((input) => names.get(input)).find((known) => known !== undefined);
    if (name === undefined) continue;
    const layer = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
    layers.set(node, layer);
    // A weight's gradient reads no weight: it belongs to the layer that it is used to update.
    if (node.op.name === 'update' && !layers.has(node.inputs[1]!)) layers.set(node.inputs[1]!, layer);
  }
  const fused = new Set(plan.fused.values());
  return (node) => ({
    layer: layers.get(node) ?? '',
    bySamples: plan.bySamples.has(node),
    reason: node.op.explain?.(node) ?? (fused.has(node) ? "in the task of its gradient's tile" : ''),
    bytes: sizeBytes(node) + (placement.sides.has(node) ? node.op.side!(node) : 0),
  });
}

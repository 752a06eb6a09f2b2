/** What rules ask of a traced model: where its values flow, what each node is, and what a place is called. */
import type { Node } from '../graph/node.ts';
import { DropoutModule } from '../nn/dropout/dropout-module.ts';
import type { DropoutSchedule } from '../nn/dropout/schedule.ts';
import type { DropoutAttrs } from '../ops/dropout.ts';
import type { RateKind } from '../ops/dropout-rate.ts';
import { sizeOf } from '../tensor/shape.ts';
import { activationOf } from './activations.ts';
import type { ModelTrace, ModuleCall } from './trace-model.ts';

/** A dropout call of any member of the family that values of the model flow through. */
export interface Drop {
  readonly node: Node;
  readonly p: number;
  readonly kind: RateKind;
  /** The class of the layer; `F.dropout` and the like for calls outside of one. */
  readonly layer: string;
  /** Every element has a decision of its own, unlike in channel dropout. */
  readonly elementwise: boolean;
  /** Such as `dropout (2nd use), after fc1`. */
  readonly place: string;
  /** Of the layer itself. */
  readonly schedule: DropoutSchedule | undefined;
}

/** What was met on a way through the graph. */
export interface Met {
  /** The first nodes that the way did not go through. */
  readonly nodes: readonly Node[];
  /** Whether it reached its end: the output of the model, or, backwards, its input. */
  readonly end: boolean;
}

/** Ops that only move elements. */
const moves: ReadonlySet<string> = new Set(['reshape', 'permute', 'detach', 'expand', 'slice']);
/** Ops that sum over features; their weights are what dropout regularises. */
const products: ReadonlySet<string> = new Set(['rowsProduct', 'conv2d', 'batchedProduct']);

export class TracedModel {
  readonly trace: ModelTrace;
  readonly drops: readonly Drop[];
  /** Elements of all parameters. */
  readonly parameterCount: number;
  /** Nodes that values flow through from the input to the output, inputs before users. */
  readonly flow: readonly Node[];
  readonly #users = new Map<Node, Node[]>();
  readonly #flowing: ReadonlySet<Node>;
  readonly #fromInput: ReadonlySet<Node>;
  /** Statistics that running ones are updated by: evaluation replaces them. */
  readonly #tracked: ReadonlySet<Node>;

  constructor(trace: ModelTrace) {
    this.trace = trace;
    this.#fromInput = dependents(trace);
    this.#flowing = this.#leadingToOutput();
    this.flow = trace.order.filter((node) => this.#flowing.has(node));
    for (const node of this.flow)
      for (const input of this.sources(node)) this.#users.set(input, [...this.users(input), node]);
    this.#tracked = new Set(trace.effects.flatMap(({ inputs }) => inputs[1] ?? []));
    this.parameterCount = [...trace.names.keys()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    this.drops = this.flow.filter(isDropout).map((node) => this.#dropOf(node));
  }

  /** Whether anything is dropped anywhere: weights, and what members of the family compose of other ops, included. */
  get hasDropout(): boolean {
    const { order, calls } = this.trace;
    return order.some((node) => isDropout(node) || calls.get(node)?.module instanceof DropoutModule);
  }

  /** The inputs of a node that carry values of the samples; not the statistics of batch normalisation. */
  sources(node: Node): readonly Node[] {
    const inputs = node.op.name === 'batchNorm' ? node.inputs.slice(0, 1) : node.inputs;
    return inputs.filter((input) => this.#fromInput.has(input));
  }

  users(node: Node): readonly Node[] {
    return this.#users.get(node) ?? [];
  }

  isProduct({ op }: Node): boolean {
    return products.has(op.name);
  }

  /** Batch normalisation that uses running statistics in evaluation. */
  isTrackedNormalization(node: Node): boolean {
    return node.op.name === 'batchNorm' && this.#tracked.has(node.inputs[1]!);
  }

  /** `relu`, `gelu`, …: the activation that the node is, or is a part of. */
  activation(node: Node): string | undefined {
    return activationOf(node, this.trace.calls.get(node)?.module);
  }

  isMove({ op }: Node): boolean {
    return moves.has(op.name);
  }

  /** From the users of `node` on, past nodes that `through` accepts. */
  after(node: Node, through: (node: Node) => boolean): Met {
    return follow(node, { next: (at) => this.users(at), through, end: this.trace.output });
  }

  /** From the sources of `node` back, past nodes that `through` accepts. */
  before(node: Node, through: (node: Node) => boolean): Met {
    return follow(node, { next: (at) => this.sources(at), through, end: this.trace.input });
  }

  /** The parameters that a node reads beside the samples' values, also through ops on them, such as a mask. */
  parametersOf(node: Node): readonly Node[] {
    const found: Node[] = [];
    const open = node.inputs.filter((input) => !this.#fromInput.has(input));
    for (let at = open.pop(); at; at = open.pop()) {
      if (this.trace.names.has(at)) found.push(at);
      else open.push(...at.inputs);
    }
    return found;
  }

  weightsOf(node: Node): number {
    return this.parametersOf(node).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** The path of the layer that a node with weights belongs to. */
  layerOf(node: Node): string {
    const call = this.trace.calls.get(node);
    if (call?.path && isLeaf(call)) return call.path;
    const name = this.trace.names.get(this.parametersOf(node)[0]!);
    if (name !== undefined) return name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
    return call?.path || node.op.name;
  }

  /** `after fc1`, `at the input`: by the nearest layer with weights, or normalisation, before the node. */
  whereabouts(node: Node): string {
    const layer = this.before(node, (at) => !this.isProduct(at) && at.op.name !== 'batchNorm').nodes[0];
    return layer ? `after ${this.layerOf(layer)}` : 'at the input';
  }

  #dropOf(node: Node): Drop {
    const { p, kind } = (node as Node<DropoutAttrs>).attrs.rate;
    const call = this.trace.calls.get(node);
    const module = call?.module instanceof DropoutModule ? call.module : undefined;
    const layer = module?.constructor.name;
    const uses = call ? this.trace.uses.get(call.module)! : 1;
    const name = layer ? call!.path || '(model)' : `${functionOf(node, kind)}${call?.path ? ` in ${call.path}` : ''}`;
    return {
      node,
      p,
      kind,
      layer: layer ?? functionOf(node, kind),
      elementwise: node.op.name === 'dropout' && (layer ?? 'Dropout') === 'Dropout',
      place: `${name}${layer && uses > 1 ? ` (${ordinal(call!.use)} use)` : ''}, ${this.whereabouts(node)}`,
      schedule: module?.config.schedule,
    };
  }

  #leadingToOutput(): ReadonlySet<Node> {
    const found = new Set<Node>();
    const open = [this.trace.output];
    for (let node = open.pop(); node; node = open.pop()) {
      if (found.has(node) || !this.#fromInput.has(node)) continue;
      found.add(node);
      open.push(...this.sources(node));
    }
    return found;
  }
}

/** Rates by which values are dropped, or multiplied by noise; others say what a mask is drawn by. */
const kinds: ReadonlySet<unknown> = new Set<RateKind>(['inverted', 'alpha', 'gaussian']);

/** Every member of the family says by its rate what it draws. */
function isDropout({ attrs }: Node): boolean {
  return typeof attrs?.rate?.p === 'number' && kinds.has(attrs.rate.kind);
}

/** The function that was called outside of a layer. */
function functionOf({ op }: Node, kind: RateKind): string {
  if (kind !== 'inverted') return `F.${kind}Dropout`;
  return op.name === 'dropout' ? 'F.dropout' : 'functional dropout';
}

function isLeaf({ module }: ModuleCall): boolean {
  return module.namedChildren().next().done === true;
}

function dependents({ input, order }: ModelTrace): ReadonlySet<Node> {
  const found = new Set<Node>([input]);
  for (const node of order) if (node.inputs.some((from) => found.has(from))) found.add(node);
  return found;
}

function follow(
  start: Node,
  way: { next: (node: Node) => readonly Node[]; through: (node: Node) => boolean; end: Node },
): Met {
  const seen = new Set<Node>();
  const nodes: Node[] = [];
  let end = start === way.end;
  const open = [...way.next(start)].reverse();
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.op.name === 'input') {
      end = true;
    } else if (way.through(node)) {
      if (node === way.end) end = true;
      open.push(...[...way.next(node)].reverse());
    } else nodes.push(node);
  }
  return { nodes, end };
}

function ordinal(count: number): string {
  const ending = count % 100 > 10 && count % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

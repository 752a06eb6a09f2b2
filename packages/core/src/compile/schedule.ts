/**
 * Second pass: decides what runs by samples and what on the whole batch, and in which phase. Level n is the n-th phase of a step;
 * a value that needs the whole batch (a weight gradient, a mean over samples) starts a new level, a chain of per-sample ops does not.
 */
import type { Node } from '../graph/node.ts';
import type { Op, Tile } from '../ops/define-op.ts';
import { update } from '../ops/update.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { LaidOutGraph } from './assign-layouts.ts';

export interface Schedule {
  /** Nodes computed by samples, in shard tasks; the others run on the whole batch, in tasks of their own. */
  readonly bySamples: ReadonlySet<Node>;
  /** Computed before the first step: they depend on nothing that a step changes (or are packs, refreshed by updates). */
  readonly hoisted: ReadonlySet<Node>;
  /** The phase of each other computed node. */
  readonly level: ReadonlyMap<Node, number>;
  /** Weight gradients whose update runs in the same task, tile by tile. */
  readonly fused: ReadonlyMap<Node, Node>;
  /** The packs to refresh when a parameter changes. */
  readonly packsOf: ReadonlyMap<Node, readonly Node[]>;
  /** Updates whose packs are packed anew in a phase of their own, because the update's pieces are not whole rows. */
  readonly repacked: ReadonlyMap<Node, number>;
  readonly phases: number;
  /** The phases before it change nothing that outlives the step, and leave all values that are to be checked. */
  readonly firstUpdate: number;
}

export function schedule(
  graph: LaidOutGraph,
  options: { batch: number; once: boolean; checks: readonly Node[]; microBatches?: boolean },
): Schedule {
  const { batch, once } = options;
  const { order, prepared } = graph;
  const updates = order.filter((node) => node.op.inPlace);
  const mutable = new Set(updates.flatMap((node) => node.op.inPlace!(node)));
  // A stored view of a parameter (reshape, detach, rows of a slice) shares its block, and changes with it.
  const parameterOfBlock = new Map([...mutable].map((parameter) => [parameter.storage!.block, parameter]));
  const changing: Changing = (node) => node.storage && parameterOfBlock.get(node.storage.block);
  const needs = (node: Node): readonly Node[] => [...node.inputs, ...(prepared.get(node) ?? [])];

  const bySamples = nodesBySamples(order, splitNodes(order, batch), options.microBatches ?? false);
  const hoisted = once ? new Set<Node>() : hoistedNodes(order, changing);
  const packsOf = new Map<Node, Node[]>();
  for (const node of hoisted) {
    if (node.op.refreshRows && mutable.has(node.inputs[0]!)) {
      packsOf.set(node.inputs[0]!, [...(packsOf.get(node.inputs[0]!) ?? []), node]);
    }
  }

  const parts: LevelParts = { order, needs, bySamples, hoisted, changing };
  const users = countUsers(order, needs);
  const outputs = new Set(graph.outputs.values());
  /** A gradient that only its update reads, cut into the same tiles. */
  const fusable = (gradient: Node): boolean =>
    users.get(gradient) === 1 &&
    !(outputs.has(gradient) || bySamples.has(gradient) || gradient.storage || hoisted.has(gradient)) &&
    gradient.op.tiles !== undefined &&
    wholeRows(gradient);

  // An update comes after everything that reads the old value. A gradient that could be taken earlier waits for it, so that both share
  // their tasks and the gradient never leaves the worker's scratch.
  const early = assignLevels(parts, new Map());
  const firstUpdate =
    Math.max(-1, ...options.checks.map((node) => early.level.get(graph.outputs.get(node)!) ?? -1)) + 1;
  const waiting = new Map<Node, number>();
  for (const { op, inputs } of updates) {
    const [parameter, gradient] = inputs as [Node, Node];
    if (op === (update as Op<unknown>) && fusable(gradient))
      waiting.set(gradient, Math.max(firstUpdate, (early.lastRead.get(parameter) ?? -1) + 1));
  }
  for (const [gradient, at] of besideSamples(assignLevels(parts, waiting).level, { order, bySamples, fusable }))
    waiting.set(gradient, at);
  const { level, lastRead } = assignLevels(parts, waiting);
  const fused = new Map<Node, Node>();
  const repacked = new Map<Node, number>();
  for (const node of updates) {
    const [parameter, gradient] = node.inputs as [Node, Node];
    const written = node.op.inPlace!(node);
    const earliest = Math.max(firstUpdate, ...written.map((value) => (lastRead.get(value) ?? -1) + 1));
    const gradientLevel = level.get(gradient) ?? -1;
    if (node.op === (update as Op<unknown>) && fusable(gradient) && gradientLevel >= earliest) {
      fused.set(gradient, node);
      level.set(node, gradientLevel);
    } else {
      level.set(node, Math.max(earliest, ...node.inputs.map((input) => (level.get(input) ?? -1) + 1)));
      if (packsOf.has(parameter)) repacked.set(node, level.get(node)! + 1);
    }
    // Several updates of one value happen one after the other, in the order of the graph.
    for (const value of written) lastRead.set(value, level.get(node)!);
  }
  const phases = Math.max(-1, ...level.values(), ...repacked.values()) + 1;
  return { bySamples, hoisted, level, fused, packsOf, repacked, phases, firstUpdate };
}

interface LevelParts {
  readonly order: readonly Node[];
  readonly needs: (node: Node) => readonly Node[];
  readonly bySamples: ReadonlySet<Node>;
  readonly hoisted: ReadonlySet<Node>;
  readonly changing: Changing;
}

/**
 * Later phases for weight gradients that would stand in a phase without shards. Nothing but their update waits for them, and a few large
 * tiles alone leave workers idle; beside the shards of the next such phase these fill the gaps.
 */
function besideSamples(
  level: ReadonlyMap<Node, number>,
  graph: Pick<LevelParts, 'order' | 'bySamples'> & { readonly fusable: (gradient: Node) => boolean },
): Map<Node, number> {
  const shardLevels = [...new Set([...graph.bySamples].flatMap((node) => level.get(node) ?? []))].sort((a, b) => a - b);
  const later = new Map<Node, number>();
  for (const { op, inputs } of graph.order) {
    const gradient = inputs[1];
    if (op !== (update as Op<unknown>) || !gradient || !graph.fusable(gradient)) continue;
    const next = shardLevels.find((at) => at >= level.get(gradient)!);
    if (next !== undefined) later.set(gradient, next);
  }
  return later;
}

/** Whether every tile of a gradient is whole rows of axis 0, as the refresh of packs and the max-norm constraint want them. */
function wholeRows(gradient: Node): boolean {
  const row = sizeOf(gradient.shape.slice(1));
  return gradient.op.tiles!(gradient).every(({ first, count }) => first % row === 0 && count % row === 0);
}

/** The phase of each computed node but updates, none before its floor, and the last phase that reads each parameter, directly or through packs. */
function assignLevels(
  parts: LevelParts,
  floors: ReadonlyMap<Node, number>,
): { level: Map<Node, number>; lastRead: Map<Node, number> } {
  const { order, needs, bySamples, hoisted, changing } = parts;
  const level = new Map<Node, number>();
  const lastRead = new Map<Node, number>();
  const levelOf = (node: Node): number => level.get(node) ?? -1;
  for (const node of order) {
    if (node.storage || hoisted.has(node) || node.op.inPlace) continue;
    let at = floors.get(node) ?? 0;
    for (const need of needs(node)) {
      const together = bySamples.has(node) && bySamples.has(need);
      at = Math.max(at, levelOf(need) + (together ? 0 : 1));
    }
    if (isView(node)) at = Math.max(0, levelOf(node.inputs[0]!));
    level.set(node, at);
    for (const need of needs(node)) {
      const parameter = changing(hoisted.has(need) && need.inputs[0] ? need.inputs[0] : need);
      if (parameter) lastRead.set(parameter, Math.max(lastRead.get(parameter) ?? -1, at));
    }
  }
  return { level, lastRead };
}

/** How many nodes read each value. Who reads only the side value does not need the value itself. */
function countUsers(order: readonly Node[], needs: (node: Node) => readonly Node[]): Map<Node, number> {
  const users = new Map<Node, number>();
  for (const node of order) {
    needs(node).forEach((need, i) => {
      if (i !== node.op.sideOnly) users.set(need, (users.get(need) ?? 0) + 1);
    });
  }
  return users;
}

/** Whether the value is its input's memory under another name, so that nothing is computed. */
export function isView(node: Node): boolean {
  return (
    node.inputs.length > 0 &&
    !node.storage &&
    node.op.view?.(node)?.offsetBytes === 0 &&
    sameSize(node, node.inputs[0]!)
  );
}

function sameSize(a: Node, b: Node): boolean {
  return a.shape.reduce((x, y) => x * y, 1) === b.shape.reduce((x, y) => x * y, 1);
}

/**
 * Of the values held in B equal parts, those that are computed that way too: not the ones cut into blocks, nor views of such. Blocks take
 * rows of the whole batch, so there are none with micro-batches.
 */
function nodesBySamples(order: readonly Node[], split: ReadonlySet<Node>, microBatches: boolean): Set<Node> {
  const result = new Set<Node>();
  for (const node of order) {
    if (!split.has(node)) continue;
    const whole = microBatches || (node.op.blocks?.(node) ?? 1) === 1;
    if (isView(node) ? result.has(node.inputs[0]!) : whole) result.add(node);
  }
  return result;
}

/** Values held in B equal parts, one per sample. */
function splitNodes(order: readonly Node[], batch: number): Set<Node> {
  const split = new Set<Node>();
  if (batch === 1) return split;
  for (const node of order) {
    if (node.storage) continue;
    const flags = node.inputs.map((input) => split.has(input));
    if ((node.inputs.length === 0 || flags.some(Boolean)) && node.op.samplewise(node, flags, batch)) split.add(node);
  }
  return split;
}

/** The parameter whose updates change this stored value: itself, or the one it is a view of. */
type Changing = (node: Node) => Node | undefined;

function hoistedNodes(order: readonly Node[], changing: Changing): Set<Node> {
  const hoisted = new Set<Node>();
  for (const node of order) {
    if (node.storage || node.op.name === 'input' || node.op.inPlace) continue;
    const fixed = node.inputs.every((input) => hoisted.has(input) || (input.storage && !changing(input)));
    const packOfParameter = node.op.refreshRows !== undefined && changing(node.inputs[0]!) === node.inputs[0];
    if (packOfParameter || (fixed && !node.op.drawsAnew)) hoisted.add(node);
  }
  return hoisted;
}

/** The pieces in which a whole-batch node runs. */
export function tilesOf(node: Node): readonly (Tile | undefined)[] {
  const blocks = node.op.blocks?.(node) ?? 0;
  if (blocks > 1) return Array.from({ length: blocks }, (_, block) => ({ first: 0, count: 0, block }));
  return node.op.tiles?.(node) ?? [undefined];
}

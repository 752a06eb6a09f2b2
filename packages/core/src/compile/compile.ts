/**
 * From a graph to a program: layouts, schedule, placement, then the kernel calls of every task. What is computed is fixed here; which
 * worker computes it is decided while running.
 */
import type { Node } from '../graph/node.ts';
import type { Allocator } from '../memory/arena.ts';
import type { ControlAddresses, Tile } from '../ops/define-op.ts';
import { updateRange } from '../ops/update.ts';
import { sizeOf } from '../tensor/shape.ts';
import { assignLayouts, type LaidOutGraph } from './assign-layouts.ts';
import { factsOf, LabelWriter } from './labels.ts';
import { type MicroBatches, microBatches, type PartialSum } from './micro-batches.ts';
import { place } from './placement.ts';
import type { Phase, Program } from './program.ts';
import { isView, type Schedule, schedule, tilesOf } from './schedule.ts';
import { type TaskRange, TaskWriter } from './task-writer.ts';

export interface CompileOptions {
  readonly arena: Allocator;
  readonly control: ControlAddresses;
  /** Samples on axis 0 of every traced input; 1 = nothing is split. Default 1. */
  readonly batch?: number;
  /** Logical shards of the batch; at most one per sample. Default 1. */
  readonly shards?: number;
  /** About so many samples of the batch pass through the program together, so that less memory holds what is between. Default: all. */
  readonly microBatch?: number | undefined;
  /** The program runs a single step: nothing is computed ahead, and memory is re-used more. Default false. */
  readonly once?: boolean;
  /** Describes every call in `Program.labels`; `names` are of parameters, by their nodes. Default: no labels. */
  readonly labels?: { readonly names: ReadonlyMap<Node, string> };
}

export interface CompiledProgram {
  readonly program: Program;
  /** Addresses of the outputs' values, in the order given. */
  readonly outputs: readonly number[];
}

/** The first sample of each shard and, last, the batch size: as equal as whole samples allow, larger shards first. */
export function shardBounds(batch: number, shards: number): number[] {
  const count = Math.max(1, Math.min(shards, batch));
  return Array.from({ length: count + 1 }, (_, i) => Math.floor(batch / count) * i + Math.min(i, batch % count));
}

/**
 * Compiles the outputs (values to keep until the program is released) and updates of one step. Nothing is updated before `checks`, some of
 * the outputs, are there.
 */
export function compile(
  roots: { outputs: readonly Node[]; updates?: readonly Node[]; checks?: readonly Node[] },
  options: CompileOptions,
): CompiledProgram {
  const { arena, control } = options;
  const batch = options.batch ?? 1;
  const graph = assignLayouts([...roots.outputs, ...(roots.updates ?? [])]);
  const { microBatch = batch, once = false } = options;
  const plan = schedule(graph, { batch, once, checks: roots.checks ?? [], microBatches: microBatch < batch });
  const parts = microBatches(graph.order, plan, { batch, samples: microBatch });
  const shards = shardsOf(parts.bounds, options.shards ?? 1);
  const shardSamples = Math.max(...shards.map(({ count }) => count));
  const placement = place(graph, plan, { arena, batch, shardSamples, parts });
  const names = options.labels?.names;
  const labels = names && new LabelWriter(factsOf(graph, { plan, placement, names }));
  const writer = new TaskWriter({ arena, graph, placement, batch, control, sums: parts.sums, labels });

  const prologue = writePrologue(graph, plan, writer);
  const phases: Phase[] = [];
  let checkedPhases = 0;
  for (const [level, nodes] of nodesByLevel(graph, plan).entries()) {
    const write = (fill: (tasks: TaskList) => void): void => {
      const tasks = new TaskList(writer);
      if (labels) labels.phase = phases.length;
      fill(tasks);
      if (tasks.bounds.length > 0) phases.push({ bounds: Int32Array.from(tasks.bounds) });
    };
    const heldBytes = placement.chainBytes.get(level) ?? 0;
    const rest = [...shards];
    const sums = [...parts.sums].filter(([, sum]) => sum.level === level);
    // All but the last micro-batch, each followed by the sums over it; the last one goes on below as a batch that comes at once.
    for (const end of sums.length > 0 ? parts.bounds.slice(1, -1) : []) {
      const own = rest.splice(
        0,
        rest.findIndex(({ first }) => first >= end),
      );
      write((tasks) => writeShards(nodes, { plan, writer, tasks, shards: own, heldBytes }));
      write((tasks) => writeSums(sums, { end, writer, tasks }));
    }
    write((tasks) => {
      // The tiles first: they are the larger tasks, and what is claimed last should be small.
      writeTiles(level, { nodes, plan, writer, tasks, parts });
      writeShards(nodes, { plan, writer, tasks, shards: rest, heldBytes });
    });
    if (level < plan.firstUpdate) checkedPhases = phases.length;
  }
  const words = Int32Array.from(writer.words);
  const tasks = phases.reduce((sum, phase) => sum + phase.bounds.length / 2, 0);
  const blocks = [...placement.blocks, ...writer.constantBlocks];
  const workspaceBytes = blocks.reduce((sum, block) => sum + block.bytes, 0);
  const program: Program = {
    words,
    relocations: Int32Array.from(writer.relocations),
    prologue,
    phases,
    checkedPhases,
    scratchBytes: writer.scratchBytes,
    blocks,
    report: { tasks, calls: writer.calls, workspaceBytes },
    ...(labels ? { labels: labels.finish() } : {}),
  };
  const outputs = roots.outputs.map((output) => writer.base(graph.outputs.get(output)!));
  return { program, outputs };
}

/** The nodes that emit calls in each phase, in the order of the graph. */
function nodesByLevel(graph: LaidOutGraph, plan: Schedule): Node[][] {
  const levels: Node[][] = Array.from({ length: plan.phases }, () => []);
  for (const node of graph.order) {
    const level = plan.level.get(node);
    if (level !== undefined && !isView(node)) levels[level]!.push(node);
    const repack = plan.repacked.get(node);
    if (repack !== undefined) levels[repack]!.push(node);
  }
  return levels;
}

/** Collects the tasks of a phase: a task is the words written while `add` runs. */
class TaskList {
  readonly bounds: number[] = [];
  readonly #writer: TaskWriter;

  constructor(writer: TaskWriter) {
    this.#writer = writer;
  }

  add(write: () => void): void {
    const from = this.#writer.words.length;
    write();
    if (this.#writer.words.length > from) this.bounds.push(from, this.#writer.words.length);
  }
}

const whole = { first: 0, count: 1, total: 1, shard: 0 };

/** Values that do not change between steps, one after the other: they are few, and run once. */
function writePrologue(graph: LaidOutGraph, plan: Schedule, writer: TaskWriter): Phase[] {
  const tasks = new TaskList(writer);
  tasks.add(() => {
    writer.begin(whole, 0);
    for (const node of graph.order) {
      if (plan.hoisted.has(node) && !isView(node)) for (const tile of tilesOf(node)) writer.emit(node, tile);
    }
  });
  return tasks.bounds.length > 0 ? [{ bounds: Int32Array.from(tasks.bounds) }] : [];
}

/** One task a shard: the chain of this level's per-sample ops on its samples. */
function writeShards(
  nodes: readonly Node[],
  to: {
    plan: Schedule;
    writer: TaskWriter;
    tasks: TaskList;
    shards: readonly TaskRange[];
    heldBytes: number;
  },
): void {
  const { plan, writer, shards } = to;
  const chain = nodes.filter((node) => plan.bySamples.has(node));
  for (const shard of shards) {
    to.tasks.add(() => {
      writer.begin(shard, to.heldBytes);
      for (const node of chain) writer.emit(node);
    });
  }
}

/** The shards of each micro-batch, as many as its share of the batch. */
function shardsOf(microBatches: readonly number[], shards: number): TaskRange[] {
  const total = microBatches[microBatches.length - 1]!;
  const firsts = microBatches.slice(0, -1).flatMap((from, i) => {
    const samples = microBatches[i + 1]! - from;
    const bounds = shardBounds(samples, Math.ceil((shards * samples) / total));
    return bounds.slice(0, -1).map((first) => from + first);
  });
  return firsts.map((first, shard) => ({ first, count: (firsts[shard + 1] ?? total) - first, total, shard }));
}

/** One task a tile of each sum that has all samples of a part after the micro-batch that ends at `end`. */
function writeSums(
  sums: readonly (readonly [Node, PartialSum])[],
  to: { end: number; writer: TaskWriter; tasks: TaskList },
): void {
  const { end, writer, tasks } = to;
  for (const [node, { samples }] of sums) {
    if (end % samples !== 0) continue;
    for (const tile of tilesOf(node)) {
      tasks.add(() => {
        const part = { continued: end > samples ? 1 : 0, last: false } as const;
        writer.begin({ first: end - samples, count: samples, total: writer.batch, shard: 0, part }, 0);
        writer.emit(node, tile);
      });
    }
  }
}

/** The samples that are left for the last part of a sum. */
function lastPart({ samples }: PartialSum, batch: number): TaskRange {
  const first = Math.floor((batch - 1) / samples) * samples;
  return { first, count: batch - first, total: batch, shard: 0, part: { continued: first > 0 ? 1 : 0, last: true } };
}

/** One task a tile of each whole-batch result of this level, with the update and the refresh of packed weights where they belong to it. */
function writeTiles(
  level: number,
  to: { nodes: readonly Node[]; plan: Schedule; writer: TaskWriter; tasks: TaskList; parts: MicroBatches },
): void {
  const { plan, writer, tasks, parts } = to;
  for (const node of to.nodes) {
    if (plan.repacked.get(node) === level) {
      for (const pack of plan.packsOf.get(node.inputs[0]!) ?? []) {
        tasks.add(() => {
          writer.begin(whole, 0);
          writer.emit(pack);
        });
      }
    }
    const fusedHere = plan.fused.get(node);
    const update = node.op.name === 'update';
    if (plan.bySamples.has(node) || plan.level.get(node) !== level || (update && plan.fused.has(node.inputs[1]!)))
      continue;
    for (const tile of tilesOf(node)) {
      tasks.add(() => {
        const sum = parts.sums.get(node);
        writer.begin(
          sum ? lastPart(sum, writer.batch) : whole,
          fusedHere && sum?.totals !== 'result' ? tile!.count * 4 : 0,
        );
        writer.emit(node, tile);
        writer.cover(whole);
        if (fusedHere) writeFusedUpdate(fusedHere, tile!, { plan, writer });
      });
    }
  }
}

function writeFusedUpdate(update: Node, tile: Tile, to: { plan: Schedule; writer: TaskWriter }): void {
  const { plan, writer } = to;
  writer.emitWith(update, (at) => updateRange(update, at, tile));
  const parameter = update.inputs[0]!;
  const rowSize = sizeOf(parameter.shape.slice(1));
  for (const pack of plan.packsOf.get(parameter) ?? []) {
    writer.emitWith(pack, (at) =>
      pack.op.refreshRows!(pack, at, { first: tile.first / rowSize, count: tile.count / rowSize }),
    );
  }
}

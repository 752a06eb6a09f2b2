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
import { place } from './placement.ts';
import type { Phase, Program } from './program.ts';
import { isView, type Schedule, schedule, tilesOf } from './schedule.ts';
import { TaskWriter } from './task-writer.ts';

export interface CompileOptions {
  readonly arena: Allocator;
  readonly control: ControlAddresses;
  /** Samples on axis 0 of every traced input; 1 = nothing is split. Default 1. */
  readonly batch?: number;
  /** Logical shards of the batch; at most one per sample. Default 1. */
  readonly shards?: number;
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
  const bounds = shardBounds(batch, options.shards ?? 1);
  const graph = assignLayouts([...roots.outputs, ...(roots.updates ?? [])]);
  const plan = schedule(graph, { batch, once: options.once ?? false, checks: roots.checks ?? [] });
  const placement = place(graph, plan, { arena, batch, shardSamples: bounds[1]! - bounds[0]! });
  const names = options.labels?.names;
  const labels = names && new LabelWriter(factsOf(graph, { plan, placement, names }));
  const writer = new TaskWriter({ arena, graph, placement, batch, control, labels });

  const prologue = writePrologue(graph, plan, writer);
  const phases: Phase[] = [];
  let checkedPhases = 0;
  for (const [level, nodes] of nodesByLevel(graph, plan).entries()) {
    const tasks = new TaskList(writer);
    if (labels) labels.phase = phases.length;
    // The tiles first: they are the larger tasks, and what is claimed last should be small.
    writeTiles(level, { nodes, plan, writer, tasks });
    writeShards(nodes, { plan, writer, tasks, bounds, heldBytes: placement.chainBytes.get(level) ?? 0 });
    if (tasks.bounds.length > 0) phases.push({ bounds: Int32Array.from(tasks.bounds) });
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
    bounds: readonly number[];
    heldBytes: number;
  },
): void {
  const { plan, writer, bounds } = to;
  const chain = nodes.filter((node) => plan.bySamples.has(node));
  for (let shard = 0; shard + 1 < bounds.length; shard++) {
    const first = bounds[shard]!;
    const count = bounds[shard + 1]! - first;
    to.tasks.add(() => {
      writer.begin({ first, count, total: bounds[bounds.length - 1]!, shard }, to.heldBytes);
      for (const node of chain) writer.emit(node);
    });
  }
}

/** One task a tile of each whole-batch result of this level, with the update and the refresh of packed weights where they belong to it. */
function writeTiles(
  level: number,
  to: { nodes: readonly Node[]; plan: Schedule; writer: TaskWriter; tasks: TaskList },
): void {
  const { plan, writer, tasks } = to;
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
        writer.begin(whole, fusedHere ? tile!.count * 4 : 0);
        writer.emit(node, tile);
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

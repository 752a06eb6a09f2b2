/**
 * Gives every value of a scheduled graph its bytes: worker scratch for what lives inside one task, shared workspace for what crosses a
 * barrier, a block of its own for what outlives a step. Views take the place of what they view.
 */
import { type Node, sizeBytes } from '../graph/node.ts';
import type { Allocator, Block } from '../memory/arena.ts';
import type { LaidOutGraph } from './assign-layouts.ts';
import { alignUp, type Lifetime, planMemory } from './memory-plan.ts';
import { commonMultiple, type MicroBatches } from './micro-batches.ts';
import { isView, type Schedule } from './schedule.ts';

export type Place =
  /** An address of the shared memory; with `samples`, for so many of them at a time, those of a multiple of it first. */
  | { readonly kind: 'shared'; readonly address: number; readonly samples?: number }
  /** Bytes of the worker's scratch, for one shard of samples. */
  | { readonly kind: 'shard'; readonly offset: number }
  /** Bytes of the worker's scratch, for one tile. */
  | { readonly kind: 'tile' };

export interface Placement {
  readonly places: ReadonlyMap<Node, Place>;
  /** Where side values are kept; absent where nobody reads them. */
  readonly sides: ReadonlyMap<Node, Place>;
  /** Scratch bytes taken by the values of the chains of each level. */
  readonly chainBytes: ReadonlyMap<number, number>;
  readonly blocks: readonly Block[];
  readonly workspaceBytes: number;
}

interface Request {
  readonly node: Node;
  readonly side: boolean;
  readonly bytes: number;
  readonly from: number;
  to: number;
  /** Only used by per-sample ops of this one level. */
  local: boolean;
  /** Samples that are kept at a time. */
  samples: number;
}

/** The node whose memory a chain of views shows. */
export function rootOf(node: Node): Node {
  let root = node;
  while (isView(root)) root = root.inputs[0]!;
  return root;
}

export function place(
  graph: LaidOutGraph,
  plan: Schedule,
  options: { arena: Allocator; batch: number; shardSamples: number; parts: MicroBatches },
): Placement {
  const { arena, batch, shardSamples, parts } = options;
  const places = new Map<Node, Place>();
  const sides = new Map<Node, Place>();
  const blocks: Block[] = [];
  const own = (bytes: number): Place => {
    const block = arena.allocate(bytes);
    blocks.push(block);
    return { kind: 'shared', address: block.offsetBytes };
  };

  const owners: Pick<Request, 'node' | 'side' | 'bytes'>[] = [];
  const outputRoots = new Set([...graph.outputs.values()].map(rootOf));
  const requests = new Map<Node, Request>();
  const sideRequests = new Map<Node, Request>();
  const sideReads = new Set(
    graph.order.flatMap((user) => (user.op.readsSideOf === undefined ? [] : user.inputs[user.op.readsSideOf]!)),
  );
  for (const node of graph.order) {
    if (node.storage) places.set(node, { kind: 'shared', address: node.storage.offsetBytes });
    else if (isView(node)) continue;
    else if (node.op.inPlace) places.set(node, { kind: 'shared', address: node.inputs[0]!.storage!.offsetBytes });
    else if (plan.hoisted.has(node) || outputRoots.has(node) || parts.sums.get(node)?.totals === 'result')
      owners.push({ node, side: false, bytes: sizeBytes(node) });
    else if (plan.fused.has(node)) places.set(node, { kind: 'tile' });
    else requests.set(node, newRequest(node, false, sizeBytes(node), plan));
    if (sideReads.has(node) && node.op.side && !node.storage) {
      if (plan.hoisted.has(node) || parts.sums.has(node)) owners.push({ node, side: true, bytes: node.op.side(node) });
      else sideRequests.set(node, newRequest(node, true, node.op.side(node), plan));
    }
  }
  extendLifetimes(graph, plan, { requests, sides: sideRequests, parts, batch });

  const all = [...requests.values(), ...sideRequests.values()];
  const put = (to: Pick<Request, 'node' | 'side'>, place: Place) => (to.side ? sides : places).set(to.node, place);
  const shared = all.filter((request) => !request.local);
  const workspace = planMemory(
    shared.map(({ bytes, from, to, samples }) => ({
      bytes: samples > 0 && samples < batch ? (bytes / batch) * samples : bytes,
      from,
      to,
    })),
  );
  // The largest block first: where there is no room for it, nothing has been taken yet.
  const base = workspace.bytes > 0 ? (own(workspace.bytes) as { address: number }).address : 0;
  for (const owner of owners) put(owner, own(owner.bytes));
  shared.forEach((request, i) => {
    const { samples } = request;
    const address = base + workspace.offsets[i]!;
    put(request, { kind: 'shared', address, ...(samples > 0 && samples < batch ? { samples } : {}) });
  });

  const chainBytes = placeChains(graph, {
    requests: all.filter((request) => request.local),
    put,
    samples: shardSamples / batch,
  });
  for (const node of graph.order) if (isView(node)) places.set(node, places.get(rootOf(node))!);
  return { places, sides, chainBytes, blocks, workspaceBytes: blocks.reduce((sum, block) => sum + block.bytes, 0) };
}

function newRequest(node: Node, side: boolean, bytes: number, plan: Schedule): Request {
  const level = plan.level.get(node)!;
  const local = plan.bySamples.has(node);
  return { node, side, bytes, from: level, to: level, local, samples: 0 };
}

function extendLifetimes(
  graph: LaidOutGraph,
  plan: Schedule,
  of: { requests: Map<Node, Request>; sides: Map<Node, Request>; parts: MicroBatches; batch: number },
): void {
  const { requests, sides, parts, batch } = of;
  for (const user of graph.order) {
    const level = plan.level.get(user);
    if (level === undefined || isView(user)) continue;
    const needs = [...user.inputs, ...(graph.prepared.get(user) ?? [])];
    needs.forEach((need, i) => {
      const used = [requests.get(rootOf(need)), i === user.op.readsSideOf ? sides.get(need) : undefined];
      for (const request of used) {
        if (!request) continue;
        request.to = Math.max(request.to, level);
        if (level === request.from && plan.bySamples.has(user)) continue;
        request.local = false;
        const sum = parts.sums.get(user);
        const atOnce = sum && sum.level === request.from && plan.bySamples.has(request.node) ? sum.samples : batch;
        request.samples = commonMultiple(request.samples || 1, atOnce);
      }
    });
  }
}

/** Packs the values of each level's per-sample chains into scratch, by the order of the ops. */
function placeChains(
  graph: LaidOutGraph,
  chains: { requests: Request[]; put: (request: Request, place: Place) => void; samples: number },
): Map<number, number> {
  const position = new Map(graph.order.map((node, i) => [node, i]));
  const lastUse = new Map<Node, number>();
  graph.order.forEach((user, i) => {
    for (const input of user.inputs) lastUse.set(rootOf(input), i);
  });
  const chainBytes = new Map<number, number>();
  for (const level of new Set(chains.requests.map((request) => request.from))) {
    const requests = chains.requests.filter((request) => request.from === level);
    const lifetimes: Lifetime[] = requests.map((request) => ({
      bytes: alignUp(request.bytes * chains.samples),
      from: position.get(request.node)!,
      to: lastUse.get(request.node) ?? position.get(request.node)!,
    }));
    const { offsets, bytes } = planMemory(lifetimes);
    requests.forEach((request, i) => {
      chains.put(request, { kind: 'shard', offset: offsets[i]! });
    });
    chainBytes.set(level, bytes);
  }
  return chainBytes;
}

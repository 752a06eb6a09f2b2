/** Writes the kernel calls of tasks into program words: the compiler's side of `LowerContext`. */
import { type KernelName, type Kernels, kernelNames, type Pointer } from '@lockstep/kernels';
import { type Node, sizeBytes } from '../graph/node.ts';
import type { Allocator, Block } from '../memory/arena.ts';
import type { ControlAddresses, Layout, LowerContext, Part, Tile } from '../ops/define-op.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { LaidOutGraph } from './assign-layouts.ts';
import type { LabelWriter } from './labels.ts';
import { alignUp } from './memory-plan.ts';
import type { MicroBatches } from './micro-batches.ts';
import { type Placement, rootOf } from './placement.ts';

/** Addresses at or above this are relative to the worker's scratch until the program is linked. */
const scratchMark = 2 ** 40;

const kernelNumbers = new Map<string, number>(kernelNames.map((name, number) => [name, number]));

/** The part of the batch (or of a result) that one task covers. */
export interface TaskRange {
  readonly first: number;
  readonly count: number;
  readonly total: number;
  readonly shard: number;
  /** Of a sum over samples that is taken in parts. */
  readonly part?: Part;
}

const allSamples: Part = { continued: 0, last: true };

export class TaskWriter implements LowerContext {
  readonly words: number[] = [];
  readonly relocations: number[] = [];
  readonly constantBlocks: Block[] = [];
  scratchBytes = 0;
  calls = 0;
  first = 0;
  count = 1;
  total = 1;
  shard = 0;
  tile: Tile | undefined = undefined;
  part: Part = allSamples;
  readonly batch: number;
  readonly control: ControlAddresses;
  readonly #labels: LabelWriter | undefined;
  readonly #arena: Allocator;
  readonly #graph: LaidOutGraph;
  readonly #placement: Placement;
  readonly #sums: MicroBatches['sums'];
  /** Where ops keep what goes from part to part, by node and tile. */
  readonly #carried = new Map<Node, Map<string, Pointer>>();
  readonly #constants = new Map<Node, Map<string, Pointer>>();
  #node: Node | undefined;
  /** Scratch held by the task's values, and the next free byte above it. */
  #heldBytes = 0;
  #nextScratch = 0;

  constructor(parts: {
    arena: Allocator;
    graph: LaidOutGraph;
    placement: Placement;
    batch: number;
    control: ControlAddresses;
    sums: MicroBatches['sums'];
    labels?: LabelWriter | undefined;
  }) {
    this.#arena = parts.arena;
    this.#graph = parts.graph;
    this.#placement = parts.placement;
    this.batch = parts.batch;
    this.control = parts.control;
    this.#sums = parts.sums;
    this.#labels = parts.labels;
  }

  /** Starts a task; `heldBytes` of scratch belong to its values. */
  begin(range: TaskRange, heldBytes: number): void {
    this.cover(range);
    this.#heldBytes = alignUp(heldBytes);
    this.#labels?.beginTask();
  }

  /** From here on the ops of the task cover this range. */
  cover(range: TaskRange): void {
    this.first = range.first;
    this.count = range.count;
    this.total = range.total;
    this.shard = range.shard;
    this.part = range.part ?? allSamples;
  }

  /** Emits one op into the task. */
  emit(node: Node, tile?: Tile): void {
    this.#enter(node, tile);
    node.op.lower(node, this);
  }

  /** Emits calls on behalf of `node` by other means than its `lower`. */
  emitWith(node: Node, write: (at: LowerContext) => void): void {
    this.#enter(node, this.tile);
    write(this);
  }

  #enter(node: Node, tile: Tile | undefined): void {
    this.#node = node;
    this.tile = tile;
    this.#nextScratch = this.#heldBytes;
    this.#labels?.enter(node, this.#share(node, tile));
  }

  /** The part of the node's result that is computed. */
  #share(node: Node, tile: Tile | undefined): number {
    if (tile?.block !== undefined) return 1 / node.op.blocks!(node);
    return (tile ? tile.count / sizeOf(node.shape) : 1) * (this.count / this.total);
  }

  base(node: Node): Pointer {
    return this.#address(this.#placement.places.get(node), sizeBytes(node));
  }

  start(node: Node): Pointer {
    return this.base(node) + this.first * (sizeBytes(node) / this.total);
  }

  side(node: Node): Pointer {
    const place = this.#placement.sides.get(rootOf(node));
    if (!place) return 0;
    const bytes = node.op.side!(node);
    // What a sum over samples leaves beside its result belongs to all of them.
    const first = this.#sums.has(node) ? 0 : this.first;
    return this.#address(place, bytes) + first * (bytes / this.total);
  }

  /** Scratch values are addressed as if the whole batch were there, so that the same arithmetic serves both. */
  #address(place: ReturnType<Placement['places']['get']>, bytes: number): Pointer {
    switch (place?.kind) {
      case 'shared':
        if (place.samples === undefined) return place.address;
        return place.address - Math.floor(this.first / place.samples) * place.samples * (bytes / this.total);
      case 'shard':
        return scratchMark + place.offset - this.first * (bytes / this.total);
      case 'tile':
        return scratchMark - this.tile!.first * 4;
      default:
        throw new Error(
          `the compiler placed no memory for a value that ${this.#node?.op.name} uses; please report this`,
        );
    }
  }

  elements(node: Node): number {
    return (sizeOf(node.shape) / this.total) * this.count;
  }

  layout(node: Node): Layout {
    return this.#graph.layouts.get(node) ?? 'row';
  }

  prepared(index: number): Node {
    return this.#graph.prepared.get(this.#node!)![index]!;
  }

  constant(name: string, build: () => Int32Array | Float32Array | Uint32Array): Pointer {
    const ofNode = this.#constants.get(this.#node!) ?? new Map<string, Pointer>();
    this.#constants.set(this.#node!, ofNode);
    let address = ofNode.get(name);
    if (address === undefined) {
      const words = build();
      const block = this.#arena.allocate(words.byteLength);
      this.#arena.write(block, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
      this.constantBlocks.push(block);
      address = block.offsetBytes;
      ofNode.set(name, address);
    }
    return address;
  }

  scratch(bytes: number): Pointer {
    const at = this.#nextScratch;
    this.#nextScratch = alignUp(at + bytes);
    this.scratchBytes = Math.max(this.scratchBytes, this.#nextScratch);
    return scratchMark + at;
  }

  carry(bytes: number, pieces = 1): (piece: number) => Pointer {
    const node = this.#node!;
    if (!this.#sums.has(node)) {
      const shared = this.scratch(bytes);
      return () => shared;
    }
    const ofNode = this.#carried.get(node) ?? new Map<string, Pointer>();
    this.#carried.set(node, ofNode);
    const key = `${this.tile!.first} ${bytes} ${pieces}`;
    const piece = alignUp(bytes);
    let first = ofNode.get(key);
    if (first === undefined) {
      const block = this.#arena.allocate(piece * pieces);
      this.constantBlocks.push(block);
      first = block.offsetBytes;
      ofNode.set(key, first);
    }
    return (i) => first + i * piece;
  }

  call<K extends KernelName>(kernel: K, ...args: Parameters<Kernels[K]>): void {
    this.scratchBytes = Math.max(this.scratchBytes, this.#heldBytes);
    const number = kernelNumbers.get(kernel)!;
    this.#labels?.call(kernel, { position: this.words.length, kernel: number });
    this.words.push(number, args.length);
    for (const argument of args) {
      if (!Number.isInteger(argument))
        throw new Error(`${this.#node?.op.name}: ${kernel} got the argument ${argument}; please report this`);
      if (argument > scratchMark / 2) {
        this.relocations.push(this.words.length);
        this.words.push((argument - scratchMark) | 0);
      } else this.words.push(argument | 0);
    }
    this.calls++;
  }
}

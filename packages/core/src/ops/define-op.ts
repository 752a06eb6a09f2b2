/**
 * What an operation is: one object that holds its shape rule, its gradient and its lowering to kernel calls.
 * One file per op (or per family of twins) in this folder; `graph/` and `compile/` know ops only through this interface.
 */
import type { KernelName, Kernels, Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Shape } from '../tensor/shape.ts';

/** How the elements of a rank-4 value lie in memory: logical order, or [B, H, W, C]. Every other rank is in logical order. */
export type Layout = 'row' | 'channelsLast';

export interface Op<A> {
  readonly name: string;

  /** Shape and dtype of the result; throws ShapeError when the inputs do not fit. */
  infer(inputs: readonly Node[], attrs: A): { shape: Shape; dtype: DType };

  /** Gradients for each input (null where there is none), as new graph nodes, given dy of the node's shape. */
  gradient?(node: Node<A>, dy: Node): (Node | null)[];

  /** The result is the first input's memory, read differently, starting `offsetBytes` later. */
  view?(node: Node<A>): { offsetBytes: number } | null;

  /**
   * Whether sample s of the result needs only sample s of the inputs that are split by samples (`split[i]`). Split values hold sample s
   * in the s-th of `batch` equal, contiguous parts. When false, the op runs on the whole batch, behind a barrier.
   */
  samplewise(node: Node<A>, split: readonly boolean[], batch: number): boolean;

  /** Draws random numbers anew each step, even from constants, so that nothing is computed ahead. */
  readonly drawsAnew?: true;

  /** The layouts it reads and writes; `same` = all rank-4 operands in one layout, whichever they have. Default: row everywhere. */
  layout?(node: Node<A>): { inputs: readonly Layout[]; output: Layout } | 'same';

  /** Values derived from its inputs that the kernels want, such as packed weights: graph nodes, shared between users. */
  prepare?(node: Node<A>): Node[];

  /** Bytes of a second value that comes with the result (split by samples like it), kept only if a user reads it. */
  side?(node: Node<A>): number;
  /** The input whose side value it reads. */
  readonly readsSideOf?: number;
  /** The input of which it reads the side value alone, not the value. */
  readonly sideOnly?: number;

  /**
   * For values derived from a parameter alone, row by row of its axis 0, such as packed weights: recomputes what rows
   * [first, first + count) decide; first is a multiple of 16. Such values are kept between steps and refreshed by updates.
   */
  refreshRows?(node: Node<A>, at: LowerContext, rows: Tile): void;

  /** Multiplications and additions of the whole result, as if no element were zero; for profiles and plans. Default: not counted. */
  flops?(node: Node<A>): number;
  /** Why it is lowered to the kernels it is, in one phrase, where there is a choice; for plans. */
  explain?(node: Node<A>): string;

  /**
   * For updates, which overwrite stored inputs and whose result is the first of them: those inputs. The second input is what the update
   * is made from. It runs after everything that reads the old values, once a step.
   */
  inPlace?(node: Node<A>): readonly Node[];

  /** Emits the kernel calls that compute the samples of the range (all of it for a whole-batch op). */
  lower(node: Node<A>, at: LowerContext): void;

  /**
   * For whole-batch ops: independent pieces of the result, each a contiguous run of elements (or whatever else the op's own lowering takes
   * first and count to be, as long as no update reads it alone). Without it: one piece.
   */
  tiles?(node: Node<A>): Tile[];

  /**
   * For whole-batch ops with tiles that are sums over the samples in a fixed order: they may be given the samples in parts, one after the
   * other, to the same bits. `lower` then computes from `start` and `elements`, and heeds `part`.
   */
  parts?(node: Node<A>, batch: number): PartialSums;

  /** For whole-batch ops: into how many independent pieces the result is cut that are not runs of elements; `at.tile.block` names one. */
  blocks?(node: Node<A>): number;
}

/** A piece of a whole-batch result: elements [first, first + count). */
export interface Tile {
  /** The number of the piece, for ops with blocks. */
  readonly block?: number;
  readonly first: number;
  readonly count: number;
}

/** How a sum over the samples can be taken in parts. */
export interface PartialSums {
  /** Every part but the last is a multiple of so many samples. */
  readonly samples: number;
  /** Where the totals stay from part to part. */
  readonly totals: 'result' | 'carry';
}

/** A part of the samples that a sum is taken over. */
export interface Part {
  /** The kernels' `continued`. */
  readonly continued: 0 | 1;
  readonly last: boolean;
}

/** What a lowering may ask of the compiler. All addresses are for the current task. */
export interface LowerContext {
  /** The samples of this task: [first, first + count) of `total`; 0, 1, 1 for whole-batch ops. */
  readonly first: number;
  readonly count: number;
  readonly total: number;
  /** The logical shard of this task (0 for whole-batch ops). */
  readonly shard: number;
  /** The piece of this task, for ops with tiles. */
  readonly tile: Tile | undefined;
  /** The samples in the whole batch, whatever this task covers. */
  readonly batch: number;

  /** For ops with `parts`: whether other samples came before, and whether these are the last ones. */
  readonly part: Part;

  /** The address of a value's first element (of sample 0). */
  base(node: Node): Pointer;
  /** The address of the first element of the task's range. The value has as many samples as the result. */
  start(node: Node): Pointer;
  /** The address of the side value for the task's range, 0 where it is not kept. */
  side(node: Node): Pointer;
  /** Elements of `node` in the task's range. */
  elements(node: Node): number;
  /** The layout chosen for a value. */
  layout(node: Node): Layout;
  /** The i-th node of `prepare`. */
  prepared(index: number): Node;

  call<K extends KernelName>(kernel: K, ...args: Parameters<Kernels[K]>): void;
  /** The address of constant words, built once per op and name, whatever the number of tasks. */
  constant(name: string, build: () => Int32Array | Float32Array | Uint32Array): Pointer;
  /** Scratch of this worker, until the end of this op's lowering in this task. */
  scratch(bytes: number): Pointer;
  /**
   * Scratch whose content stays from one part of the samples to the next, so many bytes for each piece of the result that is computed one
   * after the other. Where all samples come at once, the pieces share it.
   */
  carry(bytes: number, pieces?: number): (piece: number) => Pointer;
  /** Addresses of the run's control words. */
  readonly control: ControlAddresses;
}

/** Words that the run sets before each step. */
export interface ControlAddresses {
  /** u32: the number of the step, from 0. */
  readonly step: Pointer;
  /** u32: the address of the batch's sample numbers. */
  readonly indices: Pointer;
}

/** The rule of elementwise ops: every element stays where it is. */
export function samplewiseElements(_node: Node, split: readonly boolean[]): boolean {
  return split[0] === true;
}

/** The rule of ops that keep axis 0 apart: rows of axis 0 fall into whole samples. */
export function samplewiseRows(node: Node, split: readonly boolean[], batch: number): boolean {
  return split[0] === true && keepsRows(node, batch);
}

/** Whether axis 0 of the result and of its first input counts whole rows per sample. */
export function keepsRows(node: Node, batch: number): boolean {
  const rows = node.shape[0] ?? 1;
  const inputRows = node.inputs[0]?.shape[0] ?? 1;
  return rows % batch === 0 && inputRows % batch === 0;
}

/** Of a sum over rows in chunks of so many, several rows a sample: the fewest samples that are whole chunks. */
export function wholeChunks(rowsPerSample: number, chunkRows: number): number {
  let [a, b] = [rowsPerSample, chunkRows];
  while (b > 0) [a, b] = [b, a % b];
  return chunkRows / a;
}

/** Never by samples: the op runs on the whole batch. */
export function wholeBatch(): boolean {
  return false;
}

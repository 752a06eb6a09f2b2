/**
 * Elements by number. Numbers are i32 tensors, from 0 on. Where they are stored values when the call is made, numbers that do not exist
 * are RangeErrors; where they are still to be computed (or are the input of a traced program), reading one gives NaN and writing one
 * changes nothing.
 */
import { ShapeError } from '../errors.ts';
import type { Node } from '../graph/node.ts';
import { expandNode } from '../ops/broadcast.ts';
import { f32 } from '../ops/cast.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { gatherNode, indexPutNode, indexSelectNode, scatterNode } from '../ops/gather.ts';
import { reshapeNode } from '../ops/shape-ops.ts';
import { fullNode } from '../ops/source.ts';
import { type DType, viewOf } from './dtype.ts';
import { type Operand, operandNode, tensorsOf } from './elementwise-methods.ts';
import { IndexMethods } from './index-methods.ts';
import { formatShape, normalizeAxis, type Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import type { TensorBase } from './tensor-base.ts';

export abstract class GatherMethods<D extends DType = 'f32'> extends IndexMethods<D> {
  /**
   * out[i][j][k] = this[index[i][j][k]][j][k] for axis 0, and likewise for another: the result has the shape of the index, whose other
   * extents are at most those of this. Gradients of repeated numbers add up, in ascending order.
   */
  gather(axis: number, index: Tensor<'i32'>): Tensor<D> {
    const at = this.#alike('gather', axis, index);
    checkNumbers('gather', index, this.shape[at]!);
    return this.derive<D>(gatherNode(wordNode(this.node), at, index.node));
  }
  /** This with out[index[i][j][k]][j][k] = source[i][j][k] for axis 0, and likewise for another; of repeated numbers the last one wins. */
  scatter(axis: number, index: Tensor<'i32'>, source: Operand): Tensor {
    return this.#scatter('scatter', { axis, index, source, op: 'set' });
  }
  /** As `scatter`, adding, in ascending order of the index: the same bits always. */
  scatterAdd(axis: number, index: Tensor<'i32'>, source: TensorBase<DType>): Tensor {
    return this.#scatter('scatterAdd', { axis, index, source, op: 'add' });
  }
  /** The parts of an axis that a list of numbers names, in its order: PyTorch's `x[index]` and `x[:, index]`. */
  indexSelect(axis: number, index: Tensor<'i32'>): Tensor<D> {
    const at = this.#list('indexSelect', axis, index);
    return this.derive<D>(indexSelectNode(wordNode(this.node), at, index.node));
  }
  /** This with alpha · source[l] added to part index[l] of an axis, for l ascending: the same bits always. Alpha is 1 by default. */
  indexAdd(axis: number, index: Tensor<'i32'>, source: TensorBase<DType>, options: { alpha?: number } = {}): Tensor {
    const at = this.#list('indexAdd', axis, index);
    const wanted = this.shape.map((extent, i) => (i === at ? index.size : extent));
    if (source.shape.join() !== wanted.join()) {
      throw new ShapeError(
        `indexAdd: expected a source of shape ${formatShape(wanted)}, got ${formatShape(source.shape)}`,
      );
    }
    const scaled = binaryNode('mul', f32(source.node), fullNode([], options.alpha ?? 1));
    return this.derive(indexPutNode(f32(this.node), at, { op: 'add', index: index.node, source: scaled }), source);
  }
  /** The elements of the flattened tensor that the index names; the result has its shape. */
  take(index: Tensor<'i32'>): Tensor<D> {
    checkNumbers('take', index, this.size);
    const flat = reshapeNode(wordNode(this.node), [this.size]);
    return this.derive<D>(reshapeNode(indexSelectNode(flat, 0, reshapeNode(index.node, [index.size])), index.shape));
  }

  #scatter(where: string, parts: { axis: number; index: Tensor<'i32'>; source: Operand; op: 'set' | 'add' }): Tensor {
    const { axis, index, source, op } = parts;
    const at = this.#alike(where, axis, index);
    checkNumbers(where, index, this.shape[at]!);
    const node = operandNode(source);
    const given = typeof source === 'number' ? expandNode(node, index.shape) : node;
    if (!within(index.shape, given.shape)) {
      throw new ShapeError(
        `${where}: the index ${formatShape(index.shape)} reaches beyond the source ${formatShape(given.shape)}`,
      );
    }
    const result = scatterNode(f32(this.node), at, { op, index: index.node, source: given });
    return this.derive(result, ...tensorsOf([source]));
  }

  /** The axis, after a check that the index has as many axes as this, and reaches no further on the others. */
  #alike(where: string, axis: number, index: Tensor<'i32'>): number {
    const at = normalizeAxis(axis, this.rank, where);
    const others = (shape: Shape) => shape.filter((_, i) => i !== at);
    if (index.rank !== this.rank || !within(others(index.shape), others(this.shape))) {
      throw new ShapeError(
        `${where}: expected an index that fits ${formatShape(this.shape)} on all axes but ${axis}, got ${formatShape(index.shape)}`,
      );
    }
    return at;
  }

  #list(where: string, axis: number, index: Tensor<'i32'>): number {
    const at = normalizeAxis(axis, this.rank, where);
    if (index.rank !== 1)
      throw new ShapeError(`${where}: expected an index of one axis, got shape ${formatShape(index.shape)}`);
    checkNumbers(where, index, this.shape[at]!);
    return at;
  }
}

function within(inner: Shape, outer: Shape): boolean {
  return inner.length === outer.length && inner.every((extent, axis) => extent <= outer[axis]!);
}

/** A value of 4-byte elements: bytes become f32. */
function wordNode(node: Node): Node {
  return node.dtype === 'u8' ? f32(node) : node;
}

/** TypeError unless the numbers are i32; RangeError where stored ones do not lie in [0, extent). */
function checkNumbers(where: string, index: TensorBase<DType>, extent: number): void {
  if (index.dtype !== 'i32')
    throw new TypeError(`${where}: expected an index of dtype i32, got ${index.dtype}; convert it with .to('i32')`);
  const { storage } = index.node;
  if (!storage) return;
  const view = viewOf('i32', storage.arena.memory, { offsetBytes: storage.offsetBytes, count: index.size });
  const wrong = view.find((value) => value < 0 || value >= extent);
  if (wrong !== undefined)
    throw new RangeError(`${where}: index ${wrong} does not exist on an axis of extent ${extent}; use 0 to ${extent - 1}`); // biome-ignore format: one message
}

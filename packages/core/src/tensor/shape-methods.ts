/** The same elements under another shape or order of axes. */

import { ShapeError } from '../errors.ts';
import { expandNode } from '../ops/broadcast.ts';
import { permuteNode, reshapeNode } from '../ops/shape-ops.ts';
import type { DType } from './dtype.ts';
import { ReductionMethods } from './reduction-methods.ts';
import { broadcastShapes, formatShape, normalizeAxis, resolveReshape, type Shape, sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

export abstract class ShapeMethods<D extends DType = 'f32'> extends ReductionMethods<D> {
  /** A view with another shape; one extent may be −1. */
  reshape(shape: Shape): Tensor<D> {
    return this.derive<D>(reshapeNode(this.node, resolveReshape(this.size, shape, 'reshape')));
  }
  /** Joins axes startDim … endDim into one. */
  flatten(startDim = 0, endDim = -1): Tensor<D> {
    if (this.rank === 0) return this.reshape([1]);
    const start = normalizeAxis(startDim, this.rank, 'flatten');
    const end = normalizeAxis(endDim, this.rank, 'flatten');
    if (end < start) throw new RangeError(`flatten: startDim ${startDim} lies after endDim ${endDim}`);
    const joined = sizeOf(this.shape.slice(start, end + 1));
    return this.reshape([...this.shape.slice(0, start), joined, ...this.shape.slice(end + 1)]);
  }
  /** Axis i of the result is axis order[i] of this. */
  permute(order: readonly number[]): Tensor<D> {
    const axes = order.map((axis) => normalizeAxis(axis, this.rank, 'permute'));
    if (new Set(axes).size !== this.rank) {
      throw new RangeError(`permute: expected each of ${this.rank} axes once, got [${order.join(', ')}]`);
    }
    return this.derive<D>(permuteNode(this.node, axes));
  }
  transpose(axisA: number, axisB: number): Tensor<D> {
    const order = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(axisA, this.rank, 'transpose');
    const b = normalizeAxis(axisB, this.rank, 'transpose');
    [order[a], order[b]] = [b, a];
    return this.permute(order);
  }
  squeeze(axis: number): Tensor<D> {
    const at = normalizeAxis(axis, this.rank, 'squeeze');
    return this.reshape(this.shape[at] === 1 ? this.shape.filter((_, i) => i !== at) : this.shape);
  }
  unsqueeze(axis: number): Tensor<D> {
    const at = normalizeAxis(axis, this.rank + 1, 'unsqueeze');
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  expand(shape: Shape): Tensor<D> {
    const target = broadcastShapes(this.shape, shape, 'expand');
    if (target.length !== shape.length || target.some((extent, axis) => extent !== shape[axis])) {
      throw new ShapeError(`expand: ${formatShape(this.shape)} cannot be expanded to ${formatShape(shape)}`);
    }
    return this.derive<D>(expandNode(this.node, shape));
  }
}

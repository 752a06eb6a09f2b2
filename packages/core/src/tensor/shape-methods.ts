/** The same elements under another shape or order of axes, or repeated. */
import { ShapeError } from '../errors.ts';
import { expandNode } from '../ops/broadcast.ts';
import { flipNode, repeatNode, rollNode } from '../ops/rearrange.ts';
import { permuteNode, reshapeNode } from '../ops/shape-ops.ts';
import type { DType } from './dtype.ts';
import { OrderMethods } from './order-methods.ts';
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  type Shape,
  sizeOf,
} from './shape.ts';
import type { Tensor } from './tensor.ts';

export abstract class ShapeMethods<D extends DType = 'f32'> extends OrderMethods<D> {
  /** A view with another shape; one extent may be −1. PyTorch's `view` too: memory is always contiguous. */
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
  /** Axis i of the result is axis order[i] of this. A copy, where PyTorch gives a view. */
  permute(order: readonly number[]): Tensor<D> {
    const axes = order.map((axis) => normalizeAxis(axis, this.rank, 'permute'));
    if (new Set(axes).size !== this.rank || axes.length !== this.rank) {
      throw new RangeError(`permute: expected each of ${this.rank} axes once, got [${order.join(', ')}]`);
    }
    return this.derive<D>(permuteNode(this.node, axes));
  }
  /** Two axes exchanged. */
  transpose(axisA: number, axisB: number): Tensor<D> {
    const order = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(axisA, this.rank, 'transpose');
    const b = normalizeAxis(axisB, this.rank, 'transpose');
    [order[a], order[b]] = [b, a];
    return this.permute(order);
  }
  /** A matrix with its axes exchanged; a vector or a single number as it is. */
  t(): Tensor<D> {
    if (this.rank > 2)
      throw new ShapeError(`t: expected at most 2 axes, got shape ${formatShape(this.shape)}; use transpose`);
    return this.permute(this.rank === 2 ? [1, 0] : this.shape.map((_, axis) => axis));
  }
  /** Moves axes to new places; the others keep their order. */
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor<D> {
    const places = (axes: number | readonly number[]) =>
      [axes].flat().map((axis) => normalizeAxis(axis, this.rank, 'movedim'));
    const [from, to] = [places(source), places(destination)];
    if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
      throw new RangeError(
        `movedim: expected as many different places as axes, got [${from.join(', ')}] to [${to.join(', ')}]`,
      );
    }
    const rest = this.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
    const order = this.shape.map((_, place) => (to.includes(place) ? from[to.indexOf(place)]! : rest.shift()!));
    return this.permute(order);
  }
  /** Without axes of extent 1: all of them, or those of the given ones whose extent is 1. */
  squeeze(axes?: number | readonly number[]): Tensor<D> {
    const at = this.rank === 0 ? [] : normalizeAxes(axes, this.rank, 'squeeze');
    return this.reshape(this.shape.filter((extent, axis) => extent !== 1 || !at.includes(axis)));
  }
  /** With a new axis of extent 1, which becomes axis `axis` of the result. */
  unsqueeze(axis: number): Tensor<D> {
    const at = normalizeAxis(axis, this.rank + 1, 'unsqueeze');
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Axes of extent 1, and new leading ones, repeated up to `shape`; −1 keeps an extent. */
  expand(shape: Shape): Tensor<D> {
    const lead = shape.length - this.rank;
    const wanted = shape.map((extent, axis) => (extent === -1 && axis >= lead ? this.shape[axis - lead]! : extent));
    checkShape(wanted, 'expand');
    const target = broadcastShapes(this.shape, wanted, 'expand');
    if (target.length !== wanted.length || target.some((extent, axis) => extent !== wanted[axis])) {
      throw new ShapeError(`expand: ${formatShape(this.shape)} cannot be expanded to ${formatShape(shape)}`);
    }
    return this.derive<D>(expandNode(this.node, wanted));
  }
  /** The tensor laid end to end counts[i] times along axis i; more counts than axes add leading axes. Fewer are an error: see `tile`. */
  repeat(counts: Shape): Tensor<D> {
    checkShape(counts, 'repeat');
    if (counts.length < this.rank)
      throw new ShapeError(`repeat: expected a count for each of ${this.rank} axes, got ${formatShape(counts)}`);
    return this.derive<D>(repeatNode(this.node, counts));
  }
  /** As `repeat`, with counts for the last axes only. */
  tile(counts: Shape): Tensor<D> {
    return this.repeat([...new Array<number>(Math.max(0, this.rank - counts.length)).fill(1), ...counts]);
  }
  /** In reverse order along the axes. */
  flip(axes: number | readonly number[]): Tensor<D> {
    return this.derive<D>(flipNode(this.node, normalizeAxes(axes, this.rank, 'flip')));
  }
  /** Moved by `shifts` places along each axis, what leaves at one end coming in at the other; without axes as one flat row. */
  roll(shifts: number | readonly number[], axes?: number | readonly number[]): Tensor<D> {
    const places = [shifts].flat();
    if (places.some((shift) => !Number.isInteger(shift)))
      throw new RangeError(`roll: shifts must be integers, got [${places.join(', ')}]`);
    if (axes === undefined) {
      if (places.length !== 1) throw new RangeError(`roll: expected one shift without axes, got ${places.length}`);
      return this.derive<D>(reshapeNode(rollNode(reshapeNode(this.node, [this.size]), 0, places[0]!), this.shape));
    }
    const at = [axes].flat().map((axis) => normalizeAxis(axis, this.rank, 'roll'));
    if (at.length !== places.length)
      throw new RangeError(`roll: expected a shift for each axis, got ${places.length} for ${at.length} axes`);
    return this.derive<D>(at.reduce((node, axis, i) => rollNode(node, axis, places[i]!), this.node));
  }
}

/**
 * Tensor: what users hold. A thin, immutable handle on a graph node: operations add nodes, `.data` computes them (in the calling
 * thread) and shows the result in the shared memory, `backward()` adds the gradient's nodes.
 */
import { ShapeError, TensorStateError } from '../errors.ts';
import { gradients } from '../graph/autodiff.ts';
import { clock, makeNode, type Node } from '../graph/node.ts';
import type { Block } from '../memory/arena.ts';
import { expandNode, meanNode, sumNode } from '../ops/broadcast.ts';
import { type BinaryName, binaryNode, castNode, type UnaryName, unaryNode } from '../ops/elementwise.ts';
import { batchedProduct, rowsProduct } from '../ops/matmul.ts';
import { argMaxNode, maxNode } from '../ops/max.ts';
import { concat, detach, permuteNode, reshapeNode, slice } from '../ops/shape-ops.ts';
import { logSoftmax as logSoftmaxOp, softmax as softmaxOp } from '../ops/softmax.ts';
import { fullNode } from '../ops/source.ts';
import { realize } from '../run/realize.ts';
import { type DataOf, type DType, type TensorData, viewOf } from './dtype.ts';
import { formatTensor } from './print.ts';
import {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  type Shape,
  sameShape,
  sizeOf,
} from './shape.ts';

export interface AxesOptions {
  /** Keep reduced axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

export interface SliceRange {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
}

/** `D` is the element type; what is left out is f32. */
export class Tensor<D extends DType = 'f32'> {
  readonly node: Node;
  /** Whether `backward()` computes a gradient for it (leaves) or through it. */
  readonly requiresGrad: boolean;
  /** The gradient that `backward()` accumulated, for leaves that require it. */
  grad: Tensor | null = null;

  constructor(node: Node, options: { requiresGrad?: boolean } = {}) {
    this.node = node;
    this.requiresGrad = options.requiresGrad ?? false;
  }

  get shape(): Shape {
    return this.node.shape;
  }

  get dtype(): D {
    return this.node.dtype as D;
  }

  get rank(): number {
    return this.node.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.node.shape);
  }

  /**
   * The elements in row-major order: a typed array on the shared memory, not a copy. Computes the tensor if that has not happened yet.
   * The memory stays as long as the tensor or this array; an array made from it (`subarray`) does not keep it.
   */
  get data(): DataOf[D] {
    realize([this.node]);
    if (!this.requiresGrad) this.node.inputs = [];
    const { arena, block, offsetBytes } = this.node.storage!;
    const view = viewOf(this.dtype, arena.memory, { offsetBytes, count: this.size }) as DataOf[D];
    viewedBlocks.set(view, block);
    return view;
  }

  /** The one element of a tensor of size 1. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item: expected a tensor of one element, got shape ${formatShape(this.shape)}`);
    return this.data[0]!;
  }

  /** Nested arrays; a number for rank 0. */
  toArray(): unknown {
    const values = Array.from(this.data);
    const nest = (shape: Shape, from: number, count: number): unknown =>
      shape.length === 0
        ? values[from]
        : Array.from({ length: shape[0]! }, (_, i) =>
            nest(shape.slice(1), from + i * (count / shape[0]!), count / shape[0]!),
          );
    return nest(this.shape, 0, this.size);
  }

  toString(): string {
    return formatTensor(this);
  }

  /** Overwrites the elements, in place. Length must match. */
  copyFrom(values: ArrayLike<number>): this {
    if (values.length !== this.size) {
      throw new ShapeError(
        `copyFrom: expected ${this.size} values for shape ${formatShape(this.shape)}, got ${values.length}`,
      );
    }
    this.data.set(values);
    this.node.written = ++clock.now;
    return this;
  }

  /** The same values without history: no gradient flows through it. */
  detach(): Tensor<D> {
    return new Tensor<D>(makeNode(detach, [this.node], {}));
  }

  // ── elementwise, with broadcasting ──────────────────────────────────────────────────────────────────────────────────
  add(other: Tensor<DType> | number): Tensor {
    return this.#binary('add', other);
  }
  sub(other: Tensor<DType> | number): Tensor {
    return this.#binary('sub', other);
  }
  mul(other: Tensor<DType> | number): Tensor {
    return this.#binary('mul', other);
  }
  div(other: Tensor<DType> | number): Tensor {
    return this.#binary('div', other);
  }
  maximum(other: Tensor<DType> | number): Tensor {
    return this.#binary('maximum', other);
  }
  minimum(other: Tensor<DType> | number): Tensor {
    return this.#binary('minimum', other);
  }
  neg(): Tensor {
    return this.#unary('neg');
  }
  abs(): Tensor {
    return this.#unary('abs');
  }
  exp(): Tensor {
    return this.#unary('exp');
  }
  /** Natural logarithm. */
  log(): Tensor {
    return this.#unary('log');
  }
  sqrt(): Tensor {
    return this.#unary('sqrt');
  }
  square(): Tensor {
    return this.#unary('square');
  }
  reciprocal(): Tensor {
    return this.#unary('reciprocal');
  }
  tanh(): Tensor {
    return this.#unary('tanh');
  }
  sigmoid(): Tensor {
    return this.#unary('sigmoid');
  }
  relu(): Tensor {
    return this.#unary('relu');
  }
  /** λx for x > 0, else λα(e^x − 1) (Klambauer et al. 2017). */
  selu(): Tensor {
    return this.#unary('selu');
  }

  /** The values as another dtype; gradients do not flow through a conversion. The tensor itself when it has that dtype. */
  to<E extends DType>(dtype: E): Tensor<E> {
    if ((dtype as DType) === this.dtype) return this as Tensor<DType> as Tensor<E>;
    return new Tensor<E>(castNode(this.node, dtype));
  }

  // ── products ────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Matrix product as PyTorch's: vectors are promoted, leading axes broadcast. */
  matmul(other: Tensor<DType>): Tensor {
    const [a, b] = [f32(this.node), f32(other.node)];
    if (a.shape.length === 0 || b.shape.length === 0)
      throw new ShapeError('matmul: both tensors need at least one axis');
    const left = a.shape.length === 1 ? reshapeNode(a, [1, ...a.shape]) : a;
    const right = b.shape.length === 1 ? reshapeNode(b, [...b.shape, 1]) : b;
    let result = productOf(left, right);
    const shape = [...result.shape];
    if (a.shape.length === 1) shape.splice(shape.length - 2, 1);
    if (b.shape.length === 1) shape.pop();
    result = reshapeNode(result, shape);
    return this.#with(result, other);
  }

  // ── reductions ──────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Sum over the axes (all when left out). */
  sum(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.#with(sumNode(f32(this.node), this.#reduction('sum', axes, options)));
  }
  mean(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.#with(meanNode(f32(this.node), this.#reduction('mean', axes, options)));
  }
  /** Maximum over the axes; ties share the gradient evenly (PyTorch's amax). */
  max(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.#with(maxNode(f32(this.node), this.#reduction('max', axes, options)));
  }
  /** Index of the first maximum along an axis, or in the flattened tensor; i32. */
  argmax(axis?: number, options: AxesOptions = {}): Tensor<'i32'> {
    return new Tensor<'i32'>(argMaxNode(f32(this.node), this.#reduction('argmax', axis, options)));
  }
  softmax(axis = -1): Tensor {
    return this.#alongLast('softmax', axis, (x) => makeNode(softmaxOp, [x], {}));
  }
  logSoftmax(axis = -1): Tensor {
    return this.#alongLast('logSoftmax', axis, (x) => makeNode(logSoftmaxOp, [x], {}));
  }

  // ── shape ───────────────────────────────────────────────────────────────────────────────────────────────────────────
  /** A view with another shape; one extent may be −1. */
  reshape(shape: Shape): Tensor<D> {
    return this.#same(reshapeNode(this.node, resolveReshape(this.size, shape, 'reshape')));
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
    return this.#same(permuteNode(this.node, axes));
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
    return this.shape[at] === 1 ? this.reshape(this.shape.filter((_, i) => i !== at)) : this;
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
    return this.#same(expandNode(this.node, shape));
  }
  /** A range of each axis, as Python's start:end:step (negative counts from the end, step ≥ 1); null keeps an axis whole. */
  slice(ranges: readonly (SliceRange | null)[]): Tensor<D> {
    if (ranges.length > this.rank)
      throw new RangeError(`slice: ${ranges.length} ranges for a tensor of rank ${this.rank}`);
    const parts = this.shape.map((extent, axis) => sliceRange(ranges[axis] ?? {}, extent));
    const attrs = {
      start: parts.map((p) => p.start),
      step: parts.map((p) => p.step),
      shape: parts.map((p) => p.count),
    };
    return this.#same(makeNode(slice, [this.node], attrs));
  }
  /** Element `index` of axis 0, without that axis. */
  at(index: number): Tensor<D> {
    const i = normalizeAxis(index, this.shape[0] ?? 0, 'at');
    return this.slice([{ start: i, end: i + 1 }]).reshape(this.shape.slice(1));
  }

  // ── gradients ───────────────────────────────────────────────────────────────────────────────────────────────────────
  /** Adds d(this)/d(leaf) to the `grad` of every leaf that requires it. Without `gradient` this must be one number. */
  backward(gradient?: Tensor): void {
    if (!this.requiresGrad)
      throw new TensorStateError('backward: the tensor does not depend on anything that requires a gradient');
    if (!gradient && this.size !== 1) {
      throw new ShapeError(
        `backward: expected one number, got shape ${formatShape(this.shape)}; give the gradient of the result, or reduce it first`,
      );
    }
    if (gradient && !sameShape(gradient.shape, this.shape)) {
      throw new ShapeError(
        `backward: expected a gradient of shape ${formatShape(this.shape)}, got ${formatShape(gradient.shape)}`,
      );
    }
    const leaves = [...collectLeaves(this)];
    const seed = gradient?.node ?? fullNode(this.shape, 1);
    const results = gradients(
      this.node,
      seed,
      leaves.map((leaf) => leaf.node),
    );
    leaves.forEach((leaf, i) => {
      const node = results[i];
      if (node) leaf.grad = new Tensor(leaf.grad ? binaryNode('add', leaf.grad.node, node) : node);
    });
    realize([this.node, ...leaves.flatMap((leaf) => (leaf.grad ? [leaf.grad.node] : []))]);
    for (const leaf of leaves) if (leaf.grad) leaf.grad.node.inputs = [];
  }

  #binary(name: BinaryName, other: Tensor<DType> | number): Tensor {
    if (typeof other === 'number') return this.#with(binaryNode(name, f32(this.node), fullNode([], other)));
    return this.#with(binaryNode(name, f32(this.node), f32(other.node)), other);
  }

  #unary(name: UnaryName): Tensor {
    return this.#with(unaryNode(name, f32(this.node)));
  }

  #alongLast(where: string, axis: number, build: (x: Node) => Node): Tensor {
    const x = f32(this.node);
    if (this.rank === 0) return this.#with(build(reshapeNode(x, [1]))).reshape([]);
    const at = normalizeAxis(axis, this.rank, where);
    const order = x.shape.map((_, i) => i);
    [order[at], order[this.rank - 1]] = [this.rank - 1, at];
    return this.#with(permuteNode(build(permuteNode(x, order)), order));
  }

  #reduction(where: string, axes: number | readonly number[] | undefined, options: AxesOptions) {
    return { axes: normalizeAxes(axes, this.rank, where), keepDims: options.keepDims ?? false };
  }

  /** A result of the same element type: only the shape differs. */
  #same(node: Node): Tensor<D> {
    return derived(node, [this]) as Tensor<DType> as Tensor<D>;
  }

  #with(node: Node, other?: Tensor<DType>): Tensor {
    return derived(node, other ? [this, other] : [this]);
  }
}

/** Keeps the memory of a `.data` view for as long as the view itself. */
const viewedBlocks = new WeakMap<TensorData, Block>();

/** Tensors that lead from a result back to the leaves that require gradients. */
const parents = new WeakMap<Tensor<DType>, readonly Tensor<DType>[]>();

/** The tensor of a node computed from others: it requires a gradient if one of them does. */
export function derived(node: Node, from: readonly Tensor<DType>[]): Tensor {
  const differentiable = from.filter((tensor) => tensor.requiresGrad);
  const result = new Tensor(node, { requiresGrad: differentiable.length > 0 });
  if (differentiable.length > 0) parents.set(result, differentiable);
  return result;
}

function collectLeaves(root: Tensor<DType>): Set<Tensor<DType>> {
  const leaves = new Set<Tensor<DType>>();
  const seen = new Set<Tensor<DType>>([root]);
  const stack: Tensor<DType>[] = [root];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    const from = parents.get(tensor);
    if (!from) leaves.add(tensor);
    for (const parent of from ?? []) {
      if (!seen.has(parent)) stack.push(parent);
      seen.add(parent);
    }
  }
  return leaves;
}

/** Notes that the stored values were changed from outside (by a program), so that lazy results of the old values are not mistaken. */
export function markWritten(tensors: Iterable<Tensor<DType>>): void {
  clock.now++;
  for (const { node } of tensors) node.written = clock.now;
}

/** Tensors joined along an axis. */
export function cat<D extends DType = 'f32'>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (tensors.length === 0) throw new RangeError('cat: expected at least one tensor');
  const at = normalizeAxis(axis, tensors[0]!.rank, 'cat');
  const nodes = tensors.map((tensor) => tensor.node);
  return derived(makeNode(concat, nodes, { axis: at }), tensors) as Tensor<DType> as Tensor<D>;
}

/** The node as f32, converted where it is an integer. */
export function f32(node: Node): Node {
  if (node.dtype === 'f32') return node;
  return castNode(node, 'f32');
}

function productOf(a: Node, b: Node): Node {
  if (b.shape.length === 2) return makeNode(rowsProduct, [a, b], { transposed: false, where: 'matmul' });
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'matmul');
  const left = expandNode(a, [...lead, ...a.shape.slice(-2)]);
  const right = expandNode(b, [...lead, ...b.shape.slice(-2)]);
  return makeNode(batchedProduct, [left, right], { transposeA: false, transposeB: false });
}

function sliceRange(range: SliceRange, extent: number): { start: number; step: number; count: number } {
  const step = range.step ?? 1;
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`slice: step must be an integer ≥ 1, got ${step}`);
  const clamp = (value: number) => Math.min(extent, Math.max(0, value < 0 ? value + extent : value));
  const start = clamp(range.start ?? 0);
  const end = clamp(range.end ?? extent);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
}

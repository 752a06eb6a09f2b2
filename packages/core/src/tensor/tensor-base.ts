/**
 * What every tensor has, whatever operations it offers: its node, its values and its gradient. The operations come in layers above,
 * one class for each family (`*-methods.ts`), up to `Tensor` itself in `tensor.ts`.
 */
import { ShapeError } from '../errors.ts';
import { type Node, noteWrite } from '../graph/node.ts';
import type { Block } from '../memory/arena.ts';
import { realize } from '../run/realize.ts';
import { type DataOf, type DType, type TensorData, viewOf } from './dtype.ts';
import { formatTensor } from './print.ts';
import { formatShape, type Shape, sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** `D` is the element type; what is left out is f32. */
export abstract class TensorBase<D extends DType = 'f32'> {
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

  /** Overwrites the elements, in place, of a view (`reshape`, rows of a `slice`) those of what it views. Length must match. */
  copyFrom(values: ArrayLike<number>): this {
    if (values.length !== this.size) {
      throw new ShapeError(
        `copyFrom: expected ${this.size} values for shape ${formatShape(this.shape)}, got ${values.length}`,
      );
    }
    this.data.set(values);
    noteWrite([this.node]);
    return this;
  }

  /** A result computed from this tensor and others: it requires a gradient if one of them does. */
  protected abstract derive<E extends DType = 'f32'>(node: Node, ...others: readonly TensorBase<DType>[]): Tensor<E>;

  /** A result through which no gradient flows. */
  protected abstract constant<E extends DType = 'f32'>(node: Node): Tensor<E>;
}

/** Keeps the memory of a `.data` view for as long as the view itself. */
const viewedBlocks = new WeakMap<TensorData, Block>();

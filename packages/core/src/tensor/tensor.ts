/**
 * Tensor: what users hold. A thin, immutable handle on a graph node: operations add nodes, `.data` computes them (in the calling
 * thread) and shows the result in the shared memory, `backward()` adds the gradient's nodes. Its operations are inherited, family by
 * family, from the classes in `*-methods.ts`.
 */
import { ShapeError, TensorStateError } from '../errors.ts';
import { gradients } from '../graph/autodiff.ts';
import { makeNode, type Node, noteWrite } from '../graph/node.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { detach } from '../ops/shape-ops.ts';
import { fullNode } from '../ops/source.ts';
import { realize } from '../run/realize.ts';
import type { DType } from './dtype.ts';
import { MatrixMethods } from './matrix-methods.ts';
import { formatShape, sameShape } from './shape.ts';
import type { TensorBase } from './tensor-base.ts';

export { f32 } from '../ops/cast.ts';

/** `D` is the element type; what is left out is f32. */
export class Tensor<D extends DType = 'f32'> extends MatrixMethods<D> {
  /** The same values without history: no gradient flows through it. */
  detach(): Tensor<D> {
    return new Tensor<D>(makeNode(detach, [this.node], {}));
  }

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

  protected override derive<E extends DType = 'f32'>(node: Node, ...others: readonly TensorBase<DType>[]): Tensor<E> {
    return derived(node, [this, ...others]) as Tensor<DType> as Tensor<E>;
  }

  protected override constant<E extends DType = 'f32'>(node: Node): Tensor<E> {
    return new Tensor<E>(node);
  }
}

/** Tensors that lead from a result back to the leaves that require gradients. */
const parents = new WeakMap<TensorBase<DType>, readonly TensorBase<DType>[]>();

/** The tensor of a node computed from others: it requires a gradient if one of them does. */
export function derived(node: Node, from: readonly TensorBase<DType>[]): Tensor {
  const differentiable = from.filter((tensor) => tensor.requiresGrad);
  const result = new Tensor(node, { requiresGrad: differentiable.length > 0 });
  if (differentiable.length > 0) parents.set(result, differentiable);
  return result;
}

function collectLeaves(root: TensorBase<DType>): Set<TensorBase<DType>> {
  const leaves = new Set<TensorBase<DType>>();
  const seen = new Set<TensorBase<DType>>([root]);
  const stack: TensorBase<DType>[] = [root];
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
export function markWritten(tensors: Iterable<TensorBase<DType>>): void {
  noteWrite(Array.from(tensors, ({ node }) => node));
}

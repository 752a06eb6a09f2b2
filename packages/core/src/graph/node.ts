/**
 * The graph: immutable nodes that say what is computed from what. Tensors point at nodes, autodiff adds nodes, the compiler turns
 * nodes into a program. A node with storage is a value; a node without is still to be computed.
 */
import type { Arena, Block } from '../memory/arena.ts';
import type { Op } from '../ops/define-op.ts';
import { bytesPerElement, type DType } from '../tensor/dtype.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';

/** Where a value lies in the shared memory. Views share the block of what they view. */
export interface Storage {
  readonly arena: Arena;
  readonly block: Block;
  readonly offsetBytes: number;
  /** Shared by all views of the block. */
  readonly version: Version;
}

/** When a stored value was last written in place, by `clock`; 0: never. */
export interface Version {
  written: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a node of any op; each op's own functions see its attributes typed.
export interface Node<A = any> {
  readonly op: Op<A>;
  /** Emptied once the value is stored and no gradient can be asked for, so that the history can be collected. */
  inputs: readonly Node[];
  readonly attrs: A;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Set on leaves, and on computed nodes once they are realised. */
  storage: Storage | undefined;
  /** The clock when the node was made; see `clock`. */
  readonly born: number;
}

/** Counts in-place writes, so that reading a lazy value whose inputs have changed meanwhile is an error and not a surprise. */
export const clock: { now: number } = { now: 0 };

/** Notes that stored values, and with them all views of their memory, were written in place. */
export function noteWrite(nodes: Iterable<Node>): void {
  clock.now++;
  for (const { storage } of nodes) if (storage) storage.version.written = clock.now;
}

/** Whether the stored value was written in place after `user`, which reads it, was made. */
export function writtenAfter(input: Node, user: Node): boolean {
  return input.storage !== undefined && input.storage.version.written > user.born;
}

export function sizeBytes(node: Pick<Node, 'shape' | 'dtype'>): number {
  return sizeOf(node.shape) * bytesPerElement[node.dtype];
}

/** A node of `op` over `inputs`, with the shape and dtype its rule gives. */
export function makeNode<A>(op: Op<A>, inputs: readonly Node[], attrs: A): Node<A> {
  const { shape, dtype } = op.infer(inputs, attrs);
  const node: Node<A> = { op, inputs, attrs, shape, dtype, storage: undefined, born: clock.now };
  const source = op.view?.(node);
  if (source && inputs[0]?.storage) {
    node.storage = { ...inputs[0].storage, offsetBytes: inputs[0].storage.offsetBytes + source.offsetBytes };
  }
  return node;
}

/** All nodes that `roots` need, inputs before users. Stops at nodes that have storage unless `throughStored`. */
export function topologicalOrder(roots: readonly Node[], options: { throughStored?: boolean } = {}): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a long chain of lazy operations must not overflow the call stack.
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ node: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const inputs = top.node.storage && !options.throughStored ? [] : top.node.inputs;
      const input = inputs[top.next++];
      if (!input) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

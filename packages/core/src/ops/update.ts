/** The optimizer's update of one parameter, in place: reads a gradient, writes the parameter and the optimizer's state. */
import type { KernelName, Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type LowerContext, type Op, type Tile, wholeBatch } from './define-op.ts';

export interface UpdateAttrs {
  readonly kernel: Extract<KernelName, 'sgd' | 'adam'>;
  /** The address of the hyper-parameters, which the run sets before each step. */
  readonly hyper: Pointer;
  /** The address of the largest norm that a row of axis 0 may have after the update; undefined: any. */
  readonly maxNorm?: Pointer | undefined;
}

const tileElements = 16384;

/** Inputs: parameter, gradient, then the state tensors in the kernel's order. */
export const update: Op<UpdateAttrs> = {
  name: 'update',
  infer: ([parameter]) => ({ shape: parameter!.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  inPlace: ({ inputs: [parameter, , ...state] }) => [parameter!, ...state],
  tiles(node) {
    const size = sizeOf(node.shape);
    const row = rowSize(node);
    const most = node.attrs.maxNorm === undefined ? tileElements : Math.max(1, Math.floor(tileElements / row)) * row;
    const tiles: Tile[] = [];
    for (let first = 0; first < size; first += most) tiles.push({ first, count: Math.min(most, size - first) });
    return tiles;
  },
  lower(node, at) {
    updateRange(node, at, at.tile!);
  },
};

/** Emits the update of elements [first, first + count): whole rows, as the tiles of `update` and of weight gradients are. */
export function updateRange(node: Node<UpdateAttrs>, at: LowerContext, range: Tile): void {
  const [weight, gradient, first, second] = node.inputs.map((input) => at.base(input) + range.first * 4);
  const { kernel, hyper, maxNorm } = node.attrs;
  if (kernel === 'sgd') at.call('sgd', weight!, gradient!, first ?? 0, range.count, hyper);
  else at.call('adam', weight!, gradient!, first!, second!, range.count, hyper);
  if (maxNorm !== undefined) at.call('limitRowNorms', weight!, range.count / rowSize(node), rowSize(node), maxNorm);
}

function rowSize(node: Node): number {
  return sizeOf(node.shape.slice(1));
}

/** A number that the run sets before each step, such as the weight of a mixed loss. No gradient flows to it. */
import { binaryOps, f32Bits, type Pointer } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import type { Op } from './define-op.ts';

interface StepWordAttrs {
  readonly shape: Shape;
  /** The address of the f32. */
  readonly at: Pointer;
}

const stepWord: Op<StepWordAttrs> = {
  name: 'stepWord',
  infer: (_inputs, { shape }) => ({ shape, dtype: 'f32' }),
  drawsAnew: true,
  samplewise: (node, _split, batch) => node.shape.length > 0 && node.shape[0]! % batch === 0,
  lower(node, at) {
    const [out, n] = [at.start(node), (sizeOf(node.shape) / at.total) * at.count];
    at.call('fill', out, n, f32Bits(1));
    at.call('binaryPeriodic', binaryOps.mul, out, node.attrs.at, out, n, 1);
  },
};

/** The word everywhere: of shape [B] it is computed by samples. */
export function stepWordNode(shape: Shape, at: Pointer): Node {
  return makeNode(stepWord, [], { shape, at });
}

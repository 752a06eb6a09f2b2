/** Conversions of dtype. */
import { castOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import type { DType } from '../tensor/dtype.ts';
import { type Op, samplewiseElements } from './define-op.ts';

const castCodes: Partial<Record<`${DType}>${DType}`, number>> = {
  'i32>f32': castOps.i32ToF32,
  'u8>f32': castOps.u8ToF32,
  'f32>i32': castOps.f32ToI32,
};

const cast: Op<{ dtype: DType; code: number }> = {
  name: 'cast',
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  gradient: () => [null],
  samplewise: samplewiseElements,
  lower(node, at) {
    at.call('cast', node.attrs.code, at.start(node.inputs[0]!), at.start(node), at.elements(node));
  },
};

/** The values as another dtype; f32 → i32 truncates towards zero. */
export function castNode(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  const code = castCodes[`${x.dtype}>${dtype}`];
  if (code === undefined) throw new RangeError(`cast: ${x.dtype} to ${dtype} is not supported; go through f32`);
  return makeNode(cast, [x], { dtype, code });
}

/** The node as f32, converted where it is an integer. */
export function f32(node: Node): Node {
  return castNode(node, 'f32');
}

/** Leaves of the graph: stored values, constants that are one number, and the inputs of a traced program. */
import { f32Bits } from '@lockstep/kernels';
import { TensorStateError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import type { DType } from '../tensor/dtype.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { type Op, wholeBatch } from './define-op.ts';

interface LeafAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A stored value: data of the user, a parameter. */
export const leaf: Op<LeafAttrs> = {
  name: 'leaf',
  infer: (_inputs, attrs) => attrs,
  samplewise: wholeBatch,
  lower() {
    throw new TensorStateError('leaf: a stored value has no storage; this is a defect of the engine, please report it');
  },
};

export interface InputAttrs extends LeafAttrs {
  readonly name: string;
  /** Emits the calls that bring the batch's samples in; absent for inputs whose memory the caller fills. */
  readonly source?: InputSource;
  /** About half of it or more is expected to be exactly zero. */
  readonly sparse?: boolean;
}

/** Where a traced input comes from: rows of a data set, gathered by sample number. */
export type InputSource =
  | { readonly kind: 'rows'; readonly address: number; readonly sampleBytes: number }
  | {
      readonly kind: 'images';
      readonly address: number;
      readonly channels: number;
      readonly pixels: number;
      /** out = u8 · scale[c] + shift[c]. */
      readonly scale: readonly number[];
      readonly shift: readonly number[];
    };

/** An input of a traced program: axis 0 counts the samples. */
export const input: Op<InputAttrs> = {
  name: 'input',
  infer: (_inputs, attrs) => attrs,
  samplewise: () => true,
  lower(node, at) {
    const source = node.attrs.source;
    if (source?.kind === 'rows') {
      at.call('gatherRows', source.address, at.control.indices, at.first, at.count, source.sampleBytes, at.start(node));
    } else if (source?.kind === 'images') {
      const table = at.constant('scaleShift', () => new Float32Array([...source.scale, ...source.shift]));
      const last = at.layout(node) === 'channelsLast' ? 1 : 0;
      const { address, channels, pixels } = source;
      at.call(
        'gatherImages',
        address,
        at.control.indices,
        at.first,
        at.count,
        channels,
        pixels,
        table,
        last,
        at.start(node),
      );
    }
  },
};

export interface FullAttrs {
  readonly shape: Shape;
  readonly value: number;
}

/** One number everywhere; f32. */
export const full: Op<FullAttrs> = {
  name: 'full',
  infer: (_inputs, attrs) => ({ shape: attrs.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: () => 'same',
  lower(node, at) {
    at.call('fill', at.start(node), sizeOf(node.shape), f32Bits(node.attrs.value));
  },
};

export function fullNode(shape: Shape, value: number): Node {
  return makeNode(full, [], { shape, value });
}

/** The number a node is everywhere, if it is one. */
export function constantOf(node: Node): number | undefined {
  return node.op === full ? (node as Node<FullAttrs>).attrs.value : undefined;
}

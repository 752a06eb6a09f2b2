/** Any convolution by indirection, forward or to the input: one call of `convRows` for each group. */
import type { Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import type { LowerContext } from './define-op.ts';
import { packedGroupBytes } from './pack-weights.ts';

/** Images of `pixels` × `channels`, channels-last. */
interface Images {
  readonly at: Pointer;
  readonly pixels: number;
  readonly channels: number;
}

export interface RowsProduct {
  readonly x: Images;
  readonly out: Images;
  readonly samples: number;
  readonly groups: number;
  readonly taps: number;
  /** Floats of a tap. */
  readonly k: number;
  /** Builds the byte offsets [pixel of out][tap]. */
  readonly table: () => Int32Array;
  readonly packed: Node;
  readonly bias: Pointer;
}

export function lowerConvRows(at: LowerContext, p: RowsProduct): void {
  const table = at.constant('table', p.table);
  const zeros = at.constant('zeros', () => new Int32Array(p.k));
  const tmp = at.scratch(256);
  const [inputs, outputs] = [p.x.channels / p.groups, p.out.channels / p.groups];
  for (let group = 0; group < p.groups; group++) {
    at.call(
      'convRows',
      p.x.at + group * inputs * 4,
      p.x.pixels * p.x.channels * 4,
      table,
      p.taps,
      p.k,
      at.base(p.packed) + group * packedGroupBytes(p.packed),
      p.bias ? p.bias + group * outputs * 4 : 0,
      p.out.at + group * outputs * 4,
      p.out.pixels * p.out.channels * 4,
      p.out.channels * 4,
      p.samples,
      p.out.pixels,
      outputs,
      zeros,
      tmp,
    );
  }
}

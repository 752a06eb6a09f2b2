/** Attention of projected rows [B, L, heads · E]: heads lie beside one another, and are read where they are. */
import { ShapeError } from '../../errors.ts';
import { type AttentionAttrs, attentionNode, type HeadsOf } from '../../ops/attention.ts';
import type { DropoutAttrs } from '../../ops/dropout.ts';
import { formatShape } from '../../tensor/shape.ts';
import { derived, type Tensor } from '../../tensor/tensor.ts';
import { type AttentionMask, additive, placedMask } from './masks.ts';
import { attentionWeights } from './scaled-dot-product.ts';

/** Rows that hold queries, keys or values, D = heads · E elements from `offset` on. */
export interface Projected {
  readonly rows: Tensor;
  readonly offset: number;
}

export interface ProjectedOptions {
  readonly heads: number;
  readonly embedDim: number;
  readonly q: Projected;
  readonly k: Projected;
  readonly v: Projected;
  /** PyTorch's of multi-head attention: boolean ones are true where a key does not count. */
  readonly attnMask?: AttentionMask | null | undefined;
  readonly keyPaddingMask?: AttentionMask | null | undefined;
  readonly isCausal: boolean;
  readonly dropout: DropoutAttrs | undefined;
  readonly where: string;
}

export interface ProjectedAttention {
  /** [B, L, D]. */
  readonly output: Tensor;
  /** [B, heads, L, S]; computed only if it is read. */
  readonly weights: Tensor;
}

export function projectedAttention(options: ProjectedOptions): ProjectedAttention {
  const { heads, embedDim, q, k, v, isCausal, dropout, where } = options;
  const [samples, queries] = q.rows.shape as [number, number, number];
  const keys = k.rows.shape[1]!;
  const size = embedDim / heads;
  const scale = Math.fround(1 / Math.sqrt(size));
  const extents = { samples, heads, queries, keys };
  const mask = options.attnMask ? scoresMask(options.attnMask, { ...extents, where }) : undefined;
  const keyMask = options.keyPaddingMask ? keysMask(options.keyPaddingMask, { ...extents, where }) : undefined;

  const apart = ({ rows, offset }: Projected): Tensor =>
    rows
      .slice([null, null, { start: offset, end: offset + embedDim }])
      .reshape([samples, rows.shape[1]!, heads, size])
      .permute([0, 2, 1, 3]);
  const whole = [mask, keyMask?.reshape([samples, 1, 1, keys])].filter((part) => part !== undefined);
  const joined = whole.length > 0 ? whole.reduce((a, b) => a.add(b)) : undefined;
  const weights = attentionWeights(apart(q), apart(k), { mask: joined, isCausal, scale, dropout });
  if (joined?.requiresGrad) {
    const output = weights.matmul(apart(v)).permute([0, 2, 1, 3]).reshape([samples, queries, embedDim]);
    return { output, weights };
  }

  const sources = [...new Set([q.rows, k.rows, v.rows])];
  const part = ({ rows, offset }: Projected): HeadsOf => ({
    ...{ source: sources.indexOf(rows), offset, head: size, row: rows.shape[2]! },
  });
  const placed = mask && placedMask(mask, { ...extents, lead: [heads], where });
  const attrs: AttentionAttrs = {
    ...{ heads, queries, keys, size, valueSize: size, scale, dropout, causal: isCausal, sources: sources.length },
    ...{ q: part(q), k: part(k), v: part(v), mask: placed?.strides, keyMask: keyMask !== undefined },
    out: { shape: [samples, queries, embedDim], head: size, row: embedDim },
  };
  const masks = [...(placed ? [placed.node] : []), ...(keyMask ? [keyMask.node] : [])];
  return { output: derived(attentionNode([...sources.map(({ node }) => node), ...masks], attrs), sources), weights };
}

interface Extents {
  readonly samples: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly where: string;
}

/** [L, S], or [B · heads, L, S] as [B, heads, L, S]. */
function scoresMask(mask: AttentionMask, { samples, heads, queries, keys, where }: Extents): Tensor {
  const rows = mask.rank === 3 ? samples * heads : 1;
  const expected = [...(mask.rank === 3 ? [rows] : []), queries, keys];
  if (mask.shape.join() !== expected.join()) {
    throw new ShapeError(
      `${where}: attnMask: expected shape [${queries}, ${keys}] (queries, keys) or [${samples * heads}, ${queries}, ${keys}] (samples times heads first), got ${formatShape(mask.shape)}`,
    );
  }
  const result = additive(mask, 'does not count');
  return mask.rank === 3 ? result.reshape([samples, heads, queries, keys]) : result;
}

function keysMask(mask: AttentionMask, { samples, keys, where }: Extents): Tensor {
  if (mask.shape.join() !== `${samples},${keys}`) {
    throw new ShapeError(
      `${where}: keyPaddingMask: expected shape [${samples}, ${keys}] (samples, keys), got ${formatShape(mask.shape)}`,
    );
  }
  return additive(mask, 'does not count');
}

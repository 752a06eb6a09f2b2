/** Scaled dot-product attention as a function of tensors. */
import { ShapeError } from '../../errors.ts';
import { type AttentionAttrs, attentionNode } from '../../ops/attention.ts';
import { expandNode } from '../../ops/broadcast.ts';
import { type DropoutAttrs, dropoutNode } from '../../ops/dropout.ts';
import { broadcastShapes, formatShape, type Shape, sizeOf } from '../../tensor/shape.ts';
import { derived, f32, type Tensor } from '../../tensor/tensor.ts';
import { type DropoutOptions, dropoutDraw } from '../dropout/draw.ts';
import { type AttentionMask, additive, causalMask, placedMask } from './masks.ts';

export interface AttentionOptions extends Omit<DropoutOptions, 'p'> {
  /**
   * Broadcasts to the scores [… , L, S]. f32: added to them. Boolean (i32 or u8): true where the key counts. A row in which no key counts
   * gives NaN, as in PyTorch.
   */
  readonly attnMask?: AttentionMask | null;
  /** Probability to drop an attention weight, in [0, 1]. Default 0. Drawn as `dropout` of the weights as rows of S. */
  readonly dropoutP?: number;
  /** Query i sees the keys j ≤ i only. Default false. */
  readonly isCausal?: boolean;
  /** Factor of the scores. Default 1/√E. */
  readonly scale?: number;
}

/**
 * softmax(query·keyᵀ·scale + mask)·value (Vaswani et al. 2017), over all leading axes: query [B, … , L, E], key [B, … , S, E], value
 * [B, … , S, Ev] → [B, … , L, Ev]; without leading axes one sequence. The scores exist in tiles only. PyTorch's
 * `F.scaled_dot_product_attention`, where a mask and `isCausal` may be given together. No gradient flows to a mask, unless it requires one:
 * then the scores are kept whole.
 * @throws ShapeError for shapes that do not fit.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const where = 'scaledDotProductAttention';
  checkOperands(query, key, value, where);
  if (query.rank === 2) {
    const [q, k, v] = [query, key, value].map((tensor) => tensor.unsqueeze(0)) as [Tensor, Tensor, Tensor];
    return scaledDotProductAttention(q, k, v, options).squeeze(0);
  }
  const lead = [key, value].reduce(
    (shape: Shape, tensor) => broadcastShapes(shape, tensor.shape.slice(0, -2), where),
    query.shape.slice(0, -2),
  );
  const [q, k, v] = [query, key, value].map((tensor) =>
    derived(expandNode(f32(tensor.node), [...lead, ...tensor.shape.slice(-2)]), [tensor]),
  ) as [Tensor, Tensor, Tensor];
  const dropout = attentionDraw(options, where);
  const mask = options.attnMask ? additive(options.attnMask, 'counts') : undefined;
  const { isCausal = false } = options;
  const size = q.shape.at(-1)!;
  const scale = Math.fround(options.scale ?? 1 / Math.sqrt(size));
  if (mask?.requiresGrad) {
    return attentionWeights(q, k, { mask, isCausal, scale, dropout }).matmul(v);
  }
  const [queries, keys, valueSize] = [q.shape.at(-2)!, k.shape.at(-2)!, v.shape.at(-1)!];
  const heads = sizeOf(lead.slice(1));
  const placed = mask && placedMask(mask, { samples: lead[0]!, heads, queries, keys, lead: lead.slice(1), where });
  const part = (source: number, rows: number, row: number) => ({ source, offset: 0, head: rows * row, row });
  const attrs: AttentionAttrs = {
    ...{ heads, queries, keys, size, valueSize, scale, dropout, causal: isCausal, sources: 3, keyMask: false },
    ...{ q: part(0, queries, size), k: part(1, keys, size), v: part(2, keys, valueSize) },
    out: { shape: [...lead, queries, valueSize], head: queries * valueSize, row: valueSize },
    mask: placed?.strides,
  };
  const inputs = [q.node, k.node, v.node, ...(placed ? [placed.node] : [])];
  return derived(attentionNode(inputs, attrs), [q, k, v]);
}

/** Site and rate of the dropout of attention weights; undefined where nothing is drawn. */
export function attentionDraw(options: AttentionOptions, where: string): DropoutAttrs | undefined {
  const { dropoutP = 0, training, scope, seed, schedule } = options;
  if (dropoutP === 0) return undefined;
  const given = { training, scope, seed, schedule };
  const draw = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return dropoutDraw('inverted', { ...draw, p: dropoutP }, where);
}

interface WeightsOptions {
  readonly mask?: Tensor | undefined;
  readonly isCausal: boolean;
  readonly scale: number;
  readonly dropout: DropoutAttrs | undefined;
}

/** The weights [B, … , L, S] in full, of ops with a gradient of their own: for those who look at them, and for masks that learn. */
export function attentionWeights(q: Tensor, k: Tensor, options: WeightsOptions): Tensor {
  const { mask, isCausal, scale, dropout } = options;
  let scores = q.matmul(k.transpose(-2, -1)).mul(scale);
  if (mask) scores = scores.add(mask);
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  if (isCausal) scores = scores.add(causalMask(queries, keys));
  const weights = scores.softmax(-1);
  if (!dropout) return weights;
  // Drawn by the rows of the kernel's numbering.
  const rows = weights.reshape([-1, keys]);
  return derived(dropoutNode(rows.node, dropout), [rows]).reshape(weights.shape);
}

function checkOperands(query: Tensor, key: Tensor, value: Tensor, where: string): void {
  const fits =
    Math.min(query.rank, key.rank, value.rank) >= 2 &&
    query.rank === key.rank &&
    query.rank === value.rank &&
    query.shape.at(-1) === key.shape.at(-1) &&
    key.shape.at(-2) === value.shape.at(-2);
  if (fits) return;
  throw new ShapeError(
    `${where}: expected query [… , L, E], key [… , S, E] and value [… , S, Ev] of one rank, got ${formatShape(query.shape)}, ${formatShape(key.shape)} and ${formatShape(value.shape)}`,
  );
}

/** Embeddings as functions of tensors. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import { embedding as embeddingOp } from '../ops/embedding.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export interface EmbeddingOptions {
  /** A row that gets no gradient; negative numbers count from the end. Default: none. */
  readonly paddingIdx?: number | null;
  readonly where?: string;
}

/**
 * The rows of `weight` [V, D] that `indices` (i32, any shape […]) name: […, D]. The gradient to a row is the sum over its occurrences, in the
 * order of the batch.
 * @throws ShapeError for other shapes and dtypes, RangeError for a paddingIdx that does not exist and for indices out of range. Indices that
 * only a running program has are not checked: out of range they give NaN.
 */
export function embedding(indices: Tensor<DType>, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const { where = 'embedding' } = options;
  const paddingIdx = checkPaddingIdx(options.paddingIdx ?? null, weight.shape[0] ?? 0, where) ?? -1;
  const node = makeNode(embeddingOp, [indices.node, f32(weight.node)], { paddingIdx, where });
  if (indices.node.storage) checkIndices(indices, weight.shape[0]!, where);
  return derived(node, [weight]);
}

/** The number of a row counted from the start. @throws RangeError if there is none. */
export function checkPaddingIdx(paddingIdx: number | null, rows: number, where: string): number | null {
  if (paddingIdx === null) return null;
  const index = paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  if (!Number.isInteger(index) || index < 0 || index >= rows)
    throw new RangeError(`${where}: paddingIdx must be in [${-rows}, ${rows}), got ${paddingIdx}`);
  return index;
}

function checkIndices(indices: Tensor<DType>, rows: number, where: string): void {
  const { data } = indices;
  const at = data.findIndex((index) => index < 0 || index >= rows);
  if (at >= 0) throw new RangeError(`${where}: index ${data[at]} at position ${at} is not in [0, ${rows})`);
}

export type BagMode = 'sum' | 'mean' | 'max';

export interface EmbeddingBagOptions {
  /** Default `mean`. */
  readonly mode?: BagMode;
  /** [B, N], for the mode `sum`: factors of the rows. Default: ones. */
  readonly perSampleWeights?: Tensor | null;
  /** An index that stands for no row, so that bags may differ in length; negative numbers count from the end. Default: none. */
  readonly paddingIdx?: number | null;
  readonly where?: string;
}

/**
 * The rows of `weight` [V, D] that each bag of `indices` (i32 [B, N]) names, joined by their sum, mean or maximum: [B, D]. A bag of padding
 * alone gives zeros. PyTorch's `embedding_bag` without `offsets`: bags of different length are filled up with `paddingIdx`, since axis 0
 * belongs to the samples.
 * @throws ShapeError for other shapes, RangeError for another mode, weights in a mode other than `sum`, a paddingIdx that does not exist,
 * and indices out of range.
 */
export function embeddingBag(indices: Tensor<DType>, weight: Tensor, options: EmbeddingBagOptions = {}): Tensor {
  const { mode = 'mean', perSampleWeights = null, where = 'embeddingBag' } = options;
  if (indices.rank !== 2 || indices.size === 0)
    throw new ShapeError(`${where}: expected bags of shape [B, N], not empty, got ${formatShape(indices.shape)}`);
  if (perSampleWeights && !sameShape(perSampleWeights.shape, indices.shape)) {
    throw new ShapeError(
      `${where}: expected perSampleWeights of shape ${formatShape(indices.shape)}, got ${formatShape(perSampleWeights.shape)}`,
    );
  }
  if (perSampleWeights && mode !== 'sum')
    throw new RangeError(`${where}: perSampleWeights are for the mode 'sum', got '${mode}'`);
  const paddingIdx = checkPaddingIdx(options.paddingIdx ?? null, weight.shape[0] ?? 0, where);
  const rows = embedding(indices, weight, { paddingIdx, where });
  const present = paddingIdx === null ? null : indices.ne(paddingIdx);
  const rowsOr = (value: number) => (present ? rows.where(present.unsqueeze(2), value) : rows);
  switch (mode) {
    case 'sum':
      return (perSampleWeights ? rowsOr(0).mul(perSampleWeights.unsqueeze(2)) : rowsOr(0)).sum(1);
    case 'mean':
      return present
        ? rowsOr(0)
            .sum(1)
            .div(present.sum(1, { keepDims: true }).maximum(1))
        : rows.mean(1);
    case 'max': {
      const most = rowsOr(Number.NEGATIVE_INFINITY).amax(1);
      return present ? most.where(present.amax(1, { keepDims: true }), 0) : most;
    }
    default:
      throw new RangeError(`${where}: mode is 'sum', 'mean' or 'max', got ${String(mode satisfies never)}`);
  }
}

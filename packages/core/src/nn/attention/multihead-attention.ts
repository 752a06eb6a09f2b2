/** Multi-head attention. */
import { ShapeError } from '../../errors.ts';
import { zeros } from '../../tensor/create.ts';
import { formatShape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { xavierUniform } from '../init.ts';
import { checkCount, Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import type { AttentionMask } from './masks.ts';
import { type Projected, projectedAttention } from './projected-attention.ts';
import { attentionDraw } from './scaled-dot-product.ts';
import { snakeCase } from './state-name.ts';

export interface MultiheadAttentionConfig {
  /** Probability to drop an attention weight while training, in [0, 1]. Default 0. */
  readonly dropout?: number;
  /** Learn `in_proj_bias` and `out_proj.bias`, zeros at first. Default true. */
  readonly bias?: boolean;
  /** Features of keys. Default: embedDim. */
  readonly kdim?: number;
  /** Features of values. Default: embedDim. */
  readonly vdim?: number;
  /** [B, L, D] when true, [L, B, D] when false. Default true, unlike PyTorch's: the engine splits axis 0 by samples. */
  readonly batchFirst?: boolean;
}

export interface MultiheadAttentionOptions {
  /** [B, S]. Boolean (i32 or u8): true where a key is padding, which does not count. f32: added to the scores. */
  readonly keyPaddingMask?: AttentionMask | null;
  /** [L, S] or [B · heads, L, S]. Boolean (i32 or u8): true where a key does NOT count, as in PyTorch. f32: added to the scores. */
  readonly attnMask?: AttentionMask | null;
  /** Query i sees the keys j ≤ i only; no mask is needed besides. Default false. */
  readonly isCausal?: boolean;
  /** Whether there are `weights`. Default true; they are computed only if they are read. */
  readonly needWeights?: boolean;
  /** The mean of the weights over heads. Default true. */
  readonly averageAttnWeights?: boolean;
}

export interface MultiheadAttentionResult {
  /** [B, L, D]. */
  readonly output: Tensor;
  /** [B, L, S], or [B, heads, L, S] of each head, after dropout. */
  readonly weights?: Tensor;
}

/**
 * Multi-head attention (Vaswani et al. 2017): softmax(q·kᵀ/√(D/heads) + masks)·v of each head's part of q = W_q·query + b_q, k = W_k·key + b_k
 * and v = W_v·value + b_v, heads side by side, then `out_proj`. query [B, L, D], key [B, S, kdim], value [B, S, vdim], or one sequence each
 * without B. Parameters: `in_proj_weight` [3D, D] (or `q_proj_weight` [D, D], `k_proj_weight` [D, kdim], `v_proj_weight` [D, vdim] when these
 * differ), Glorot-uniform at first, `in_proj_bias` [3D], `out_proj` (a `Linear`). PyTorch's `nn.MultiheadAttention` without `add_bias_kv` and
 * `add_zero_attn`, but `batchFirst` is true by default. One tensor given for all three is projected in one product, and heads are read from
 * its rows without a copy. A query none of whose keys counts gives NaN, as in PyTorch.
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key?: Tensor, value?: Tensor, options?: MultiheadAttentionOptions],
  MultiheadAttentionResult
> {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly kdim: number;
  readonly vdim: number;
  readonly inProjWeight: Parameter | null;
  readonly qProjWeight: Parameter | null;
  readonly kProjWeight: Parameter | null;
  readonly vProjWeight: Parameter | null;
  readonly inProjBias: Parameter | null;
  readonly outProj: Linear;

  /** @throws RangeError unless numHeads divides embedDim, and for a dropout outside [0, 1]. */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionConfig = {}) {
    super();
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = true } = options;
    for (const [name, value] of Object.entries({ embedDim, numHeads, kdim, vdim }))
      checkCount(value, `MultiheadAttention: ${name}`);
    if (embedDim % numHeads !== 0) {
      throw new RangeError(
        `MultiheadAttention: embedDim must be a multiple of numHeads, got ${embedDim} and ${numHeads}`,
      );
    }
    F.checkProbability(dropout, 'MultiheadAttention: dropout');
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.kdim = kdim;
    this.vdim = vdim;
    const packed = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = packed ? xavierUniform([3 * embedDim, embedDim]) : null;
    this.qProjWeight = packed ? null : xavierUniform([embedDim, embedDim]);
    this.kProjWeight = packed ? null : xavierUniform([embedDim, kdim]);
    this.vProjWeight = packed ? null : xavierUniform([embedDim, vdim]);
    this.inProjBias = bias ? new Parameter(zeros([3 * embedDim])) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias });
    this.outProj.bias?.copyFrom(new Float32Array(embedDim));
  }

  protected override stateName(field: string): string {
    return snakeCase(field);
  }

  /** Key and value are the query unless they are given. @throws ShapeError for inputs and masks that do not fit. */
  override forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: MultiheadAttentionOptions = {},
  ): MultiheadAttentionResult {
    const [q, k, v] = this.#samplesFirst([query, key, value]);
    const { needWeights = true, averageAttnWeights = true, attnMask, keyPaddingMask, isCausal = false } = options;
    const where = this.describe();
    const batched = query.rank === 3;
    const paddingMask = keyPaddingMask && !batched ? keyPaddingMask.unsqueeze(0) : keyPaddingMask;
    const draw = attentionDraw({ dropoutP: this.dropout, training: this.training }, where);
    const attended = projectedAttention({
      ...{ heads: this.numHeads, embedDim: this.embedDim, dropout: draw, isCausal, where },
      ...{ attnMask, keyPaddingMask: paddingMask },
      ...this.#project(q, k, v),
    });
    const projected = this.outProj.forward(attended.output);
    const output = batched ? (this.batchFirst ? projected : projected.transpose(0, 1)) : projected.squeeze(0);
    if (!needWeights) return { output };
    const weights = averageAttnWeights ? attended.weights.mean(1) : attended.weights;
    return { output, weights: batched ? weights : weights.squeeze(0) };
  }

  /** [B, rows, features] of each input; one tensor stays one. */
  #samplesFirst(inputs: readonly [Tensor, Tensor, Tensor]): [Tensor, Tensor, Tensor] {
    const [query, key, value] = inputs;
    const axes = query.rank === 2 ? [] : ['B'];
    const ofKeys = [...axes, 'S'];
    const fits =
      (query.rank === 2 || query.rank === 3) &&
      inputs.every((tensor) => tensor.rank === query.rank) &&
      [this.embedDim, this.kdim, this.vdim].every((features, i) => inputs[i]!.shape.at(-1) === features) &&
      key.shape.slice(0, -1).join() === value.shape.slice(0, -1).join() &&
      (query.rank === 2 || query.shape[this.batchFirst ? 0 : 1] === key.shape[this.batchFirst ? 0 : 1]);
    if (!fits) {
      throw new ShapeError(
        `${this.describe()}: expected query [${[...axes, 'L'].join(', ')}, ${this.embedDim}], key [${ofKeys.join(', ')}, ${this.kdim}] and value [${ofKeys.join(', ')}, ${this.vdim}], got ${inputs.map(({ shape }) => formatShape(shape)).join(', ')}`,
      );
    }
    const first = new Map<Tensor, Tensor>();
    for (const tensor of inputs) {
      if (tensor.rank === 2) first.set(tensor, tensor.unsqueeze(0));
      else first.set(tensor, this.batchFirst ? tensor : tensor.transpose(0, 1));
    }
    return inputs.map((tensor) => first.get(tensor)!) as [Tensor, Tensor, Tensor];
  }

  /** Queries, keys and values, projected in as few products as there are different inputs. */
  #project(q: Tensor, k: Tensor, v: Tensor): { q: Projected; k: Projected; v: Projected } {
    const { embedDim, inProjWeight: weight, inProjBias: bias } = this;
    const where = this.describe();
    const rows = (first: number, count: number) => ({ start: first * embedDim, end: (first + count) * embedDim });
    const biasOf = (first: number, count: number) => ({ bias: bias?.slice([rows(first, count)]) ?? null, where });
    const from = (x: Tensor, first: number, count: number): Tensor =>
      F.linear(x, weight!.slice([rows(first, count)]), biasOf(first, count));
    const part = (tensor: Tensor, index = 0): Projected => ({ rows: tensor, offset: index * embedDim });
    if (weight && q === k && k === v) {
      const all = F.linear(q, weight, { bias, where });
      return { q: part(all), k: part(all, 1), v: part(all, 2) };
    }
    if (weight && k === v) {
      const both = from(k, 1, 2);
      return { q: part(from(q, 0, 1)), k: part(both), v: part(both, 1) };
    }
    if (weight) return { q: part(from(q, 0, 1)), k: part(from(k, 1, 1)), v: part(from(v, 2, 1)) };
    return {
      q: part(F.linear(q, this.qProjWeight!, biasOf(0, 1))),
      k: part(F.linear(k, this.kProjWeight!, biasOf(1, 1))),
      v: part(F.linear(v, this.vProjWeight!, biasOf(2, 1))),
    };
  }

  override describe(): string {
    return `MultiheadAttention(${this.embedDim}, ${this.numHeads})`;
  }
}

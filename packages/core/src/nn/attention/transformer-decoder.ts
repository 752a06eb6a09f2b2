/** The decoder of the transformer. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Dropout } from '../dropout/dropout.ts';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import type { AttentionMask } from './masks.ts';
import { MultiheadAttention, type MultiheadAttentionOptions } from './multihead-attention.ts';
import { snakeCase } from './state-name.ts';
import { activationOf, type TransformerLayerConfig, transformerConfig } from './transformer-config.ts';
import { layersOf } from './transformer-layers.ts';

/** Masks as those of `MultiheadAttention`, of the target's attention to itself and of that to the memory. */
export interface TransformerDecoderOptions {
  /** [T, T] or [B · heads, T, T]. */
  readonly tgtMask?: AttentionMask | null;
  /** [T, S] or [B · heads, T, S]. */
  readonly memoryMask?: AttentionMask | null;
  /** [B, T]. */
  readonly tgtKeyPaddingMask?: AttentionMask | null;
  /** [B, S]. */
  readonly memoryKeyPaddingMask?: AttentionMask | null;
  /** Target positions see themselves and those before; no mask is needed besides. Default false. */
  readonly tgtIsCausal?: boolean;
  /** Target position i sees the memory up to position i only. Default false. */
  readonly memoryIsCausal?: boolean;
}

/**
 * A layer of the transformer's decoder (Vaswani et al. 2017): target [B, T, dModel] and memory [B, S, dModel] → [B, T, dModel], with
 * SA = dropout1 ∘ self-attention, CA = dropout2 ∘ attention to the memory and FF = dropout3 ∘ linear2 ∘ dropout ∘ activation ∘ linear1:
 * x = norm1(x + SA(x)), x = norm2(x + CA(x)), then norm3(x + FF(x)); with `normFirst` x = x + SA(norm1(x)), x = x + CA(norm2(x)), then
 * x + FF(norm3(x)). Parameters: `self_attn` and `multihead_attn` (`MultiheadAttention`), `linear1` [F, D], `linear2` [D, F], `norm1`, `norm2`,
 * `norm3`. PyTorch's `nn.TransformerDecoderLayer`, but `batchFirst` is true by default.
 */
export class TransformerDecoderLayer extends Module<
  [tgt: Tensor, memory: Tensor, options?: TransformerDecoderOptions]
> {
  readonly selfAttn: MultiheadAttention;
  readonly multiheadAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly #size: readonly [dModel: number, nhead: number];
  readonly #config: Required<TransformerLayerConfig>;

  /** @throws RangeError unless nhead divides dModel, and for options out of range. */
  constructor(dModel: number, nhead: number, options: TransformerLayerConfig = {}) {
    super();
    const config = transformerConfig(options, 'TransformerDecoderLayer');
    const { dropout, bias, batchFirst, dimFeedforward, layerNormEps: eps } = config;
    this.#size = [dModel, nhead];
    this.#config = config;
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst });
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias });
    this.norm1 = new LayerNorm(dModel, { eps, bias });
    this.norm2 = new LayerNorm(dModel, { eps, bias });
    this.norm3 = new LayerNorm(dModel, { eps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  protected override stateName(field: string): string {
    return snakeCase(field);
  }

  /** @throws ShapeError for inputs and masks that do not fit. */
  override forward(tgt: Tensor, memory: Tensor, options: TransformerDecoderOptions = {}): Tensor {
    const self = {
      attnMask: options.tgtMask ?? null,
      keyPaddingMask: options.tgtKeyPaddingMask ?? null,
      isCausal: options.tgtIsCausal ?? false,
    };
    const toMemory = {
      attnMask: options.memoryMask ?? null,
      keyPaddingMask: options.memoryKeyPaddingMask ?? null,
      isCausal: options.memoryIsCausal ?? false,
    };
    const { norm1, norm2, norm3 } = this;
    if (this.#config.normFirst) {
      const x = tgt.add(this.#attend(norm1.forward(tgt), self));
      const y = x.add(this.#look(norm2.forward(x), memory, toMemory));
      return y.add(this.#feed(norm3.forward(y)));
    }
    const x = norm1.forward(tgt.add(this.#attend(tgt, self)));
    const y = norm2.forward(x.add(this.#look(x, memory, toMemory)));
    return norm3.forward(y.add(this.#feed(y)));
  }

  #attend(x: Tensor, masks: MultiheadAttentionOptions): Tensor {
    return this.dropout1.forward(this.selfAttn.forward(x, x, x, { ...masks, needWeights: false }).output);
  }

  #look(x: Tensor, memory: Tensor, masks: MultiheadAttentionOptions): Tensor {
    return this.dropout2.forward(
      this.multiheadAttn.forward(x, memory, memory, { ...masks, needWeights: false }).output,
    );
  }

  #feed(x: Tensor): Tensor {
    const activate = activationOf(this.#config.activation, 'TransformerDecoderLayer');
    return this.dropout3.forward(this.linear2.forward(this.dropout.forward(activate(this.linear1.forward(x)))));
  }

  /** A layer of the same options and values, with parameters of its own. */
  copy(): TransformerDecoderLayer {
    const layer = new TransformerDecoderLayer(...this.#size, this.#config);
    layer.loadStateDict(this.stateDict());
    return layer;
  }
}

/**
 * Layers one after the other: `layers.0`, `layers.1`, …, then `norm` if there is one. Given a layer, all are copies of it, which start with
 * the same values, as in PyTorch; given a function, each is what it returns. PyTorch's `nn.TransformerDecoder`.
 */
export class TransformerDecoder extends Module<[tgt: Tensor, memory: Tensor, options?: TransformerDecoderOptions]> {
  readonly layers: readonly TransformerDecoderLayer[];
  readonly norm: LayerNorm | null;

  /** @throws RangeError unless numLayers is a whole number of at least 1. */
  constructor(
    decoderLayer: TransformerDecoderLayer | (() => TransformerDecoderLayer),
    numLayers: number,
    options: { norm?: LayerNorm | null } = {},
  ) {
    super();
    this.layers = layersOf(decoderLayer, numLayers, 'TransformerDecoder');
    this.norm = options.norm ?? null;
  }

  override forward(tgt: Tensor, memory: Tensor, options: TransformerDecoderOptions = {}): Tensor {
    const x = this.layers.reduce((value, layer) => layer.forward(value, memory, options), tgt);
    return this.norm ? this.norm.forward(x) : x;
  }
}

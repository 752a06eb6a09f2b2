/** The encoder of the transformer. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Dropout } from '../dropout/dropout.ts';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import type { AttentionMask } from './masks.ts';
import { MultiheadAttention } from './multihead-attention.ts';
import { snakeCase } from './state-name.ts';
import { activationOf, type TransformerLayerConfig, transformerConfig } from './transformer-config.ts';
import { layersOf } from './transformer-layers.ts';

export interface TransformerEncoderLayerOptions {
  /** [T, T] or [B · heads, T, T], as `attnMask` of `MultiheadAttention`. */
  readonly srcMask?: AttentionMask | null;
  /** [B, T], as `keyPaddingMask` of `MultiheadAttention`. */
  readonly srcKeyPaddingMask?: AttentionMask | null;
  /** Positions see themselves and those before; no mask is needed besides. Default false. */
  readonly isCausal?: boolean;
}

/**
 * A layer of the transformer's encoder (Vaswani et al. 2017) on [B, T, dModel], with SA = dropout1 ∘ self-attention and
 * FF = dropout2 ∘ linear2 ∘ dropout ∘ activation ∘ linear1: x = norm1(x + SA(x)), then norm2(x + FF(x)); with `normFirst`
 * x = x + SA(norm1(x)), then x + FF(norm2(x)). Parameters: `self_attn` (`MultiheadAttention`), `linear1` [F, D], `linear2` [D, F], `norm1`,
 * `norm2`. PyTorch's `nn.TransformerEncoderLayer`, but `batchFirst` is true by default.
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, options?: TransformerEncoderLayerOptions]> {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly #size: readonly [dModel: number, nhead: number];
  readonly #config: Required<TransformerLayerConfig>;

  /** @throws RangeError unless nhead divides dModel, and for options out of range. */
  constructor(dModel: number, nhead: number, options: TransformerLayerConfig = {}) {
    super();
    const config = transformerConfig(options, 'TransformerEncoderLayer');
    const { dropout, bias, batchFirst, dimFeedforward, layerNormEps: eps } = config;
    this.#size = [dModel, nhead];
    this.#config = config;
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias });
    this.norm1 = new LayerNorm(dModel, { eps, bias });
    this.norm2 = new LayerNorm(dModel, { eps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  protected override stateName(field: string): string {
    return snakeCase(field);
  }

  /** @throws ShapeError for inputs and masks that do not fit. */
  override forward(src: Tensor, options: TransformerEncoderLayerOptions = {}): Tensor {
    const { norm1, norm2 } = this;
    if (this.#config.normFirst) {
      const x = src.add(this.#attend(norm1.forward(src), options));
      return x.add(this.#feed(norm2.forward(x)));
    }
    const x = norm1.forward(src.add(this.#attend(src, options)));
    return norm2.forward(x.add(this.#feed(x)));
  }

  #attend(x: Tensor, options: TransformerEncoderLayerOptions): Tensor {
    const { srcMask: attnMask = null, srcKeyPaddingMask: keyPaddingMask = null, isCausal = false } = options;
    const masks = { attnMask, keyPaddingMask, isCausal, needWeights: false };
    return this.dropout1.forward(this.selfAttn.forward(x, x, x, masks).output);
  }

  #feed(x: Tensor): Tensor {
    const activate = activationOf(this.#config.activation, 'TransformerEncoderLayer');
    return this.dropout2.forward(this.linear2.forward(this.dropout.forward(activate(this.linear1.forward(x)))));
  }

  /** A layer of the same options and values, with parameters of its own. */
  copy(): TransformerEncoderLayer {
    const layer = new TransformerEncoderLayer(...this.#size, this.#config);
    layer.loadStateDict(this.stateDict());
    return layer;
  }
}

export interface TransformerEncoderOptions {
  /** As `srcMask` of the layers. */
  readonly mask?: AttentionMask | null;
  readonly srcKeyPaddingMask?: AttentionMask | null;
  readonly isCausal?: boolean;
}

/**
 * Layers one after the other: `layers.0`, `layers.1`, …, then `norm` if there is one. Given a layer, all are copies of it, which start with
 * the same values, as in PyTorch; given a function, each is what it returns. PyTorch's `nn.TransformerEncoder`.
 */
export class TransformerEncoder extends Module<[src: Tensor, options?: TransformerEncoderOptions]> {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | null;

  /** @throws RangeError unless numLayers is a whole number of at least 1. */
  constructor(
    encoderLayer: TransformerEncoderLayer | (() => TransformerEncoderLayer),
    numLayers: number,
    options: { norm?: LayerNorm | null } = {},
  ) {
    super();
    this.layers = layersOf(encoderLayer, numLayers, 'TransformerEncoder');
    this.norm = options.norm ?? null;
  }

  override forward(src: Tensor, options: TransformerEncoderOptions = {}): Tensor {
    const { mask: srcMask = null, ...rest } = options;
    const x = this.layers.reduce((value, layer) => layer.forward(value, { srcMask, ...rest }), src);
    return this.norm ? this.norm.forward(x) : x;
  }
}

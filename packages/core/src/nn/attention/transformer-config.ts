/** Options of transformer layers. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { checkCount } from '../linear.ts';

export interface TransformerLayerConfig {
  /** Width of the feed-forward part. Default 2048. */
  readonly dimFeedforward?: number;
  /** Probability to drop, of attention weights, inside the feed-forward part, and of each part's result. Default 0.1. */
  readonly dropout?: number;
  /** Of the feed-forward part; gelu is the exact one. Default relu. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** [B, T, D] when true, [T, B, D] when false. Default true, unlike PyTorch's: the engine splits axis 0 by samples. */
  readonly batchFirst?: boolean;
  /** Normalise the input of each part instead of the sum after it (pre-norm, Xiong et al. 2020). Default false. */
  readonly normFirst?: boolean;
  /** Learn biases, of the linear layers and of the normalisations. Default true. */
  readonly bias?: boolean;
}

/** The options with their defaults. @throws RangeError for values out of range. */
export function transformerConfig(options: TransformerLayerConfig, where: string): Required<TransformerLayerConfig> {
  const config = {
    dimFeedforward: options.dimFeedforward ?? 2048,
    dropout: options.dropout ?? 0.1,
    activation: options.activation ?? 'relu',
    layerNormEps: options.layerNormEps ?? 1e-5,
    batchFirst: options.batchFirst ?? true,
    normFirst: options.normFirst ?? false,
    bias: options.bias ?? true,
  };
  checkCount(config.dimFeedforward, `${where}: dimFeedforward`);
  F.checkProbability(config.dropout, `${where}: dropout`);
  activationOf(config.activation, where);
  return config;
}

export function activationOf(
  activation: Required<TransformerLayerConfig>['activation'],
  where: string,
): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  if (activation === 'relu') return F.relu;
  if (activation === 'gelu') return (x) => F.gelu(x);
  throw new RangeError(`${where}: activation is 'relu', 'gelu' or a function of a tensor, got ${String(activation)}`);
}

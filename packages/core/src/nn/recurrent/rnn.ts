/** The Elman network. */
import type { Tensor } from '../../tensor/tensor.ts';
import { type RecurrentConfig, RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts';

export interface RNNConfig extends RecurrentConfig {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

export interface RNNResult {
  /** [B, T, D·H]: h of the last layer at every step; D = 2 directions when bidirectional, the forward one first, else 1. */
  readonly output: Tensor;
  /**
   * [B, L·D, H]: h of each layer (and direction) after its last step; [L·D, B, H] when not `batchFirst`. PyTorch has the latter in both
   * cases; here samples stay on the axis of the batch.
   */
  readonly hidden: Tensor;
}

/**
 * Recurrent network (Elman 1990) on sequences [B, T, F] or one sequence [T, F]: h_t = tanh(W_ih·x_t + b_ih + W_hh·h_(t−1) + b_hh), or with
 * max(·, 0) in place of tanh. Parameters by layer k (and `_reverse`): `weight_ih_lk` [H, F] (F = D·H above layer 0), `weight_hh_lk` [H, H],
 * `bias_ih_lk` and `bias_hh_lk` [H], uniform in ±1/√H at first. PyTorch's `nn.RNN`, but `batchFirst` is true by default.
 */
export class RNN extends RecurrentLayer<RecurrentOptions, RNNResult> {
  /** @throws RangeError for sizes below 1 and a dropout outside [0, 1]. */
  constructor(inputSize: number, hiddenSize: number, options: RNNConfig = {}) {
    const { nonlinearity: kind = 'tanh', ...rest } = options;
    if (kind !== 'tanh' && kind !== 'relu')
      throw new RangeError(`RNN: nonlinearity is 'tanh' or 'relu', got ${String(kind)}`);
    super(inputSize, hiddenSize, { ...rest, kind });
  }

  /** @throws ShapeError for inputs, states and lengths that do not fit. */
  override forward(x: Tensor, options: RecurrentOptions = {}): RNNResult {
    return this.run(x, options);
  }
}

/** Long short-term memory. */
import type { Tensor } from '../../tensor/tensor.ts';
import { type RecurrentConfig, RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts';
import type { RNNResult } from './rnn.ts';

export interface LSTMOptions extends RecurrentOptions {
  /** The cell before the first step, shaped as the result's `cell`. Default: zeros. */
  readonly cell?: Tensor;
}

export interface LSTMResult extends RNNResult {
  /** The cells after the last step, shaped as `hidden`. */
  readonly cell: Tensor;
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) on sequences [B, T, F] or one sequence
 * [T, F]: i, f, o = σ(W_i·x + b_i + W_h·h + b_h) each, g = tanh(the same), c' = f∘c + i∘g, h' = o∘tanh(c'). Parameters by layer k (and
 * `_reverse`): `weight_ih_lk` [4H, F] (F = D·H above layer 0), `weight_hh_lk` [4H, H], `bias_ih_lk` and `bias_hh_lk` [4H], rows in the order
 * i, f, g, o, uniform in ±1/√H at first. PyTorch's `nn.LSTM` without `proj_size`, but `batchFirst` is true by default and the states are
 * `hidden` and `cell`, not a pair.
 */
export class LSTM extends RecurrentLayer<LSTMOptions, LSTMResult> {
  /** @throws RangeError for sizes below 1 and a dropout outside [0, 1]. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentConfig = {}) {
    super(inputSize, hiddenSize, { ...options, kind: 'lstm' });
  }

  /** @throws ShapeError for inputs, states and lengths that do not fit. */
  override forward(x: Tensor, options: LSTMOptions = {}): LSTMResult {
    return this.run(x, options) as LSTMResult;
  }
}

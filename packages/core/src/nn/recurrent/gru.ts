/** Gated recurrent units. */
import type { Tensor } from '../../tensor/tensor.ts';
import { type RecurrentConfig, RecurrentLayer, type RecurrentOptions } from './recurrent-layer.ts';
import type { RNNResult } from './rnn.ts';

/**
 * Gated recurrent units (Cho et al. 2014) on sequences [B, T, F] or one sequence [T, F]:
 * r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z = σ(W_iz·x + b_iz + W_hz·h + b_hz), n = tanh(W_in·x + b_in + r∘(W_hn·h + b_hn)),
 * h' = (1 − z)∘n + z∘h. Parameters by layer k (and `_reverse`): `weight_ih_lk` [3H, F] (F = D·H above layer 0), `weight_hh_lk` [3H, H],
 * `bias_ih_lk` and `bias_hh_lk` [3H], rows in the order r, z, n, uniform in ±1/√H at first. PyTorch's `nn.GRU`, but `batchFirst` is true by
 * default. For the result see `RNNResult`.
 */
export class GRU extends RecurrentLayer<RecurrentOptions, RNNResult> {
  /** @throws RangeError for sizes below 1 and a dropout outside [0, 1]. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentConfig = {}) {
    super(inputSize, hiddenSize, { ...options, kind: 'gru' });
  }

  /** @throws ShapeError for inputs, states and lengths that do not fit. */
  override forward(x: Tensor, options: RecurrentOptions = {}): RNNResult {
    return this.run(x, options);
  }
}

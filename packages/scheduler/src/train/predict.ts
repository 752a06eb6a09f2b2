/** What a model says of each input, computed on the workers, dropout off. */
import { type nn, ShapeError, type Tensor } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { type PassOptions, runPasses } from './passes.ts';

/** `softmax`: the outputs [B, C] are logits, and probabilities are wanted. `none`: the outputs [B, …] as they are (regression). */
export type Activation = 'softmax' | 'none';

export interface PredictOptions extends PassOptions {
  /** Default `softmax`. */
  readonly activation?: Activation;
}

/**
 * The model's outputs in evaluation mode for all N samples of a data set or along axis 0 of a tensor: probabilities [N, C], or with
 * `activation: 'none'` the outputs [N, …] themselves.
 *
 * @throws ShapeError if logits are not [B, C]. Rejects with the signal's reason when aborted.
 */
export async function predict(model: nn.Module, data: Dataset | Tensor, options: PredictOptions = {}): Promise<Tensor> {
  const { activation = 'softmax', ...how } = options;
  checkActivation(activation, 'predict');
  const observe = (output: Tensor) => [{ value: activated(output, activation, 'predict'), deviations: false }];
  const [moments] = await runPasses({ ...how, model, data, count: 1, seed: 0, observe });
  return moments!.mean;
}

export function checkActivation(activation: Activation, where: string): void {
  if (activation !== 'softmax' && activation !== 'none')
    throw new RangeError(`${where}: activation is 'softmax' or 'none', got ${String(activation)}`);
}

export function activated(output: Tensor, activation: Activation, where: string): Tensor {
  if (activation === 'none') return output;
  if (output.rank === 2) return output.softmax();
  throw new ShapeError(
    `${where}: expected logits [B, C] from the model, got shape [${output.shape.join(', ')}]; for outputs that are not class scores use activation: 'none'`,
  );
}

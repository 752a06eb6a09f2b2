/**
 * Monte-Carlo dropout (Gal & Ghahramani 2016, "Dropout as a Bayesian approximation"): passes with dropout on are samples of a predictive
 * distribution; their mean predicts, their disagreement says how uncertain the model itself is. Deterministic: masks are a function of the
 * seed, the dropout call, the pass and the input's place, and sums run over the passes in order, so that the bits are the same for any number
 * of workers and shards.
 */
import { nn, type Seed, type Tensor } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { mostPasses, type PassOptions, runPasses } from './passes.ts';
import { type Activation, activated, checkActivation } from './predict.ts';

export interface McPredictOptions extends PassOptions {
  /** Passes with dropout on, 1 to 65536. Default 50. The masks of the first passes are the same for any number. */
  readonly samples?: number;
  /** The root seed of the masks; layers with a seed of their own keep it. Default 0. */
  readonly seed?: Seed;
  /** `softmax` (default): the model's outputs [B, C] are logits. `none`: outputs [B, …] are used as they are (regression). */
  readonly activation?: Activation;
}

/** Of N inputs, over S passes. */
export interface McRegression {
  /** [N, …]: the mean of the outputs. */
  readonly mean: Tensor;
  /** [N, …]: the sample standard deviation of the outputs, with S − 1 in the denominator; NaN for one pass. */
  readonly std: Tensor;
  /** S. */
  readonly samples: number;
}

/** Of N inputs and C classes, over S passes with probabilities p₁ … p_S. Entropies are in nats, H(p) = −Σ p·ln p. */
export interface McClassification extends McRegression {
  /** [N, C]: the mean probabilities p̄. */
  readonly mean: Tensor;
  /** [N, C]: the sample standard deviation of each class's probability, with S − 1 in the denominator; NaN for one pass. */
  readonly std: Tensor;
  /** [N], 0 to ln C: H(p̄), the whole uncertainty. */
  readonly predictiveEntropy: Tensor;
  /** [N], 0 to ln C: the mean of H(p_s), the uncertainty that lies in the data. */
  readonly expectedEntropy: Tensor;
  /** [N]: H(p̄) − mean H(p_s), the uncertainty that lies in the model (BALD, Houlsby et al. 2011). What rounding leaves below 0 is 0. */
  readonly mutualInformation: Tensor;
  /** i32 [N]: the class of the largest mean probability, the first of equal ones. */
  readonly prediction: Tensor<'i32'>;
}

/**
 * Runs `samples` passes of the model over all samples of a data set, or along axis 0 of a tensor, with its dropout layers on (instances of
 * `nn.DropoutModule`) and everything else in evaluation mode: batch normalisation uses its running statistics and does not change them.
 * Dropout schedules do not apply. Every module has its own mode back afterwards, whatever happens.
 *
 * `F.dropout(x, { training: this.training })` in a module that is no `DropoutModule` stays off, since that module is in evaluation mode;
 * `F.dropout(x)` is always on.
 *
 * @throws RangeError if the model makes no dropout call, for samples out of range; ShapeError if logits are not [B, C]. Rejects with the
 * signal's reason when aborted.
 */
export async function mcPredict(
  model: nn.Module,
  data: Dataset | Tensor,
  options?: McPredictOptions & { readonly activation?: 'softmax' },
): Promise<McClassification>;
export async function mcPredict(
  model: nn.Module,
  data: Dataset | Tensor,
  options: McPredictOptions & { readonly activation: 'none' },
): Promise<McRegression>;
export async function mcPredict(
  model: nn.Module,
  data: Dataset | Tensor,
  options: McPredictOptions = {},
): Promise<McRegression> {
  const { samples = 50, seed = 0, activation = 'softmax', ...how } = options;
  if (!Number.isInteger(samples) || samples < 1 || samples > mostPasses)
    throw new RangeError(`mcPredict: samples must be an integer from 1 to ${mostPasses}, got ${String(samples)}`);
  checkActivation(activation, 'mcPredict');
  const observe = (output: Tensor, dropoutCalls: number) => {
    if (dropoutCalls === 0)
      throw new RangeError(
        'mcPredict: the model makes no dropout call, so every pass would be the same; give it an nn.Dropout layer (or another nn.DropoutModule)',
      );
    const value = activated(output, activation, 'mcPredict');
    const spread = { value, deviations: true };
    return activation === 'none' ? [spread] : [spread, { value: entropy(value), deviations: false }];
  };
  const keepsOn = (module: nn.Module) => module instanceof nn.DropoutModule;
  const [outputs, entropies] = await runPasses({ ...how, model, data, count: samples, seed, keepsOn, observe });
  const { mean, m2 } = outputs!;
  const std = computed(m2!.div(samples - 1).sqrt());
  if (!entropies) return { mean, std, samples };
  const predictiveEntropy = computed(entropy(mean));
  const expectedEntropy = entropies.mean;
  const mutualInformation = computed(predictiveEntropy.sub(expectedEntropy).maximum(0));
  const prediction = mean.argmax(-1);
  void prediction.data;
  const result: McClassification = {
    mean,
    std,
    samples,
    predictiveEntropy,
    expectedEntropy,
    mutualInformation,
    prediction,
  };
  return result;
}

/** The smallest normal number: p·ln p is 0 for p = 0. */
const leastNormal = 2 ** -126;

/** H(p) in nats of probabilities [B, C] → [B]. The same steps for one pass and for the mean, so that they agree where all passes do. */
function entropy(p: Tensor): Tensor {
  return p.maximum(leastNormal).log().neg().mul(p).sum(-1);
}

/** Computes it now, so that what it came from is not kept. */
function computed(tensor: Tensor): Tensor {
  void tensor.data;
  return tensor;
}

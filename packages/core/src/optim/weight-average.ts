/** Averages of the weights over training: exponential, or equal from an epoch on. Runs of `train` update them in the task of the weights. */
import { noteWrite } from '../graph/node.ts';
import type { Parameter } from '../nn/parameter.ts';
import { tensor } from '../tensor/create.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type AveragePolicy =
  /**
   * Exponential moving average after every step (Polyak & Juditsky 1992; get_ema_avg_fn of PyTorch): a += (1 − decay)(w − a). With `warmup` the
   * decay of update u (from 0) is at most (1 + u)/(10 + u), as TensorFlow's: early weights are forgotten sooner.
   */
  | { readonly kind: 'ema'; readonly decay: number; readonly warmup?: boolean }
  /** Stochastic weight averaging (Izmailov et al. 2018): the mean of the weights at the ends of the epochs from `startEpoch` (from 1) on. */
  | { readonly kind: 'swa'; readonly startEpoch: number };

/** Where training stands after a step. */
export interface AverageMoment {
  /** The epoch of the step, from 1. */
  readonly epoch: number;
  readonly lastOfEpoch: boolean;
}

/**
 * Running averages of parameters, as `torch.optim.swa_utils.AveragedModel` keeps them: the first update copies the weights. Buffers, such as the
 * running statistics of batch normalisation, are not averaged: the model's own serve the averaged weights too.
 */
export class WeightAverage {
  readonly policy: AveragePolicy;
  readonly averages: ReadonlyMap<Parameter, Tensor>;
  /** Updates taken (`n_averaged`). */
  updates = 0;

  /** @throws RangeError for a decay that is not in [0, 1) and an epoch that is not a whole number of at least 1. */
  constructor(parameters: Iterable<Parameter>, policy: AveragePolicy) {
    this.policy = checkAveragePolicy(policy);
    this.averages = new Map(
      [...parameters].map((parameter) => [parameter, tensor(parameter.data, { shape: parameter.shape })]),
    );
  }

  /** Whether the weights at this moment go into the average. */
  takes({ epoch, lastOfEpoch }: AverageMoment): boolean {
    return this.policy.kind === 'ema' || (lastOfEpoch && epoch >= this.policy.startEpoch);
  }

  /** The share that new weights get in update `update` (from 0). */
  share(update: number): number {
    if (update === 0) return 1;
    if (this.policy.kind === 'swa') return 1 / (update + 1);
    const { decay, warmup = false } = this.policy;
    return 1 - (warmup ? Math.min(decay, (1 + update) / (10 + update)) : decay);
  }

  /** Takes the parameters' present values into the average, for training by hand. */
  update(): void {
    const share = this.share(this.updates++);
    for (const [parameter, average] of this.averages) {
      void average.data;
      const { arena, offsetBytes } = average.node.storage!;
      const word = arena.allocate(4);
      new Float32Array(arena.memory.buffer, word.offsetBytes, 1)[0] = share;
      arena.kernels.average(offsetBytes, parameter.node.storage!.offsetBytes, parameter.size, word.offsetBytes);
      arena.free(word);
      noteWrite([average.node]);
    }
  }

  /** Exchanges the parameters' values and the averages; a second call puts them back. */
  swap(): void {
    for (const [parameter, average] of this.averages) {
      const weights = Float32Array.from(parameter.data);
      parameter.copyFrom(average.data);
      average.copyFrom(weights);
    }
  }
}

function checkAveragePolicy(policy: AveragePolicy): AveragePolicy {
  if (policy.kind === 'ema') {
    if (!(policy.decay >= 0 && policy.decay < 1))
      throw new RangeError(`weight average: decay must be in [0, 1), got ${policy.decay}`);
  } else if (policy.kind === 'swa') {
    if (!Number.isSafeInteger(policy.startEpoch) || policy.startEpoch < 1)
      throw new RangeError(`weight average: startEpoch must be an integer ≥ 1, got ${policy.startEpoch}`);
  } else throw new RangeError(`weight average: kind must be ema or swa, got ${String((policy as AveragePolicy).kind)}`);
  return policy;
}

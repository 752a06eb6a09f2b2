/** The learning-rate range test: how the loss takes to rates that grow from step to step. */
import { type nn, type Optimizer, power, type Tensor } from '@lockstep/core';
import type { TrainEvent } from './events.ts';
import { NonFiniteError } from './non-finite.ts';
import type { TrainOptions } from './options.ts';
import { train } from './trainer.ts';

export interface FindLearningRateOptions
  extends Pick<TrainOptions, 'optimizer' | 'data' | 'batchSize' | 'seed' | 'pool' | 'shards' | 'loss' | 'signal'> {
  /** The rate of the first step, of the optimizer's first group; other groups keep their ratio to it. Default 1e-7. */
  readonly startLr?: number;
  /** The rate of the last step. Default 10. */
  readonly endLr?: number;
  /** Default 100. */
  readonly steps?: number;
  /** Weight of the past in the smoothed loss, in [0, 1). Default 0.98. */
  readonly smoothing?: number;
  /** The test ends when the smoothed loss is this many times its least. Default 4. */
  readonly divergence?: number;
}

export interface LearningRateCurve {
  /** The rate of every step that was made. */
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  /** Exponential means of the losses, corrected for their start. */
  readonly smoothed: readonly number[];
  /** The rate at which the smoothed loss falls fastest over log lr; undefined if it never falls. */
  readonly suggestion: number | undefined;
  /** The loss grew beyond the limit, or was no number, before the last step. */
  readonly diverged: boolean;
}

/** Steps at the beginning that make no suggestion: the mean is of too few losses. */
const skipped = 10;

/**
 * Learning-rate range test (Smith 2017, "Cyclical learning rates for training neural networks", §3.3): trains with rates that grow by the
 * same factor each step, from startLr to endLr. Weights, buffers, the optimizer's state, rates and step count are put back afterwards.
 *
 * @throws RangeError for rates that do not grow from above 0, fewer than two steps, and limits out of range.
 */
export async function findLearningRate(model: nn.Module, options: FindLearningRateOptions): Promise<LearningRateCurve> {
  const { startLr = 1e-7, endLr = 10, steps = 100, smoothing = 0.98, divergence = 4, signal, ...rest } = options;
  checkSweep({ startLr, endLr, steps, smoothing, divergence });
  const { optimizer, data, batchSize } = options;
  const sweep = new Sweep({ steps, smoothing, divergence });
  const putBack = remember(model, optimizer);
  try {
    const first = optimizer.lr;
    optimizer.groups.forEach((group) => {
      group.lr = first > 0 ? (group.lr / first) * startLr : startLr;
    });
    optimizer.steps = 0;
    const training = train({
      ...rest,
      model,
      epochs: Math.ceil(steps / Math.ceil(data.count / batchSize)),
      lrSchedule: { kind: 'exponential', gamma: power(endLr / startLr, 1 / (steps - 1)) },
      signal: signal ? AbortSignal.any([signal, sweep.signal]) : sweep.signal,
      onEvent: (event) => sweep.follow(event),
    });
    await training.catch((error: unknown) => {
      if (!(error instanceof NonFiniteError)) throw error;
      sweep.diverge();
    });
    return sweep.curve();
  } finally {
    putBack();
  }
}

class Sweep {
  readonly #options: { steps: number; smoothing: number; divergence: number };
  readonly #end = new AbortController();
  readonly #rates: number[] = [];
  readonly #losses: number[] = [];
  readonly #smoothed: number[] = [];
  #mean = 0;
  /** smoothing to the power of the losses so far. */
  #weight = 1;
  #diverged = false;

  constructor(options: { steps: number; smoothing: number; divergence: number }) {
    this.#options = options;
  }

  /** Aborted when the test is over. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  follow(event: TrainEvent): void {
    // A segment may hold steps beyond the end.
    if (event.type !== 'step' || this.signal.aborted) return;
    const { steps, smoothing, divergence } = this.#options;
    this.#mean = smoothing * this.#mean + (1 - smoothing) * event.loss;
    this.#weight *= smoothing;
    const smoothed = this.#mean / (1 - this.#weight);
    this.#rates.push(event.lr);
    this.#losses.push(event.loss);
    this.#smoothed.push(smoothed);
    this.#diverged = !(smoothed <= divergence * Math.min(...this.#smoothed));
    if (this.#diverged || this.#rates.length >= steps) this.#end.abort();
  }

  /** The next rate's loss or gradients were not finite. */
  diverge(): void {
    this.#diverged = true;
  }

  curve(): LearningRateCurve {
    const [rates, losses, smoothed] = [this.#rates, this.#losses, this.#smoothed];
    return { rates, losses, smoothed, suggestion: steepest(rates, smoothed), diverged: this.#diverged };
  }
}

/** The rate amid the three equally spaced logarithms over which the loss falls most. */
function steepest(rates: readonly number[], losses: readonly number[]): number | undefined {
  let best: number | undefined;
  let least = 0;
  for (let i = skipped; i + 1 < rates.length; i++) {
    const slope = losses[i + 1]! - losses[i - 1]!;
    if (slope < least) [best, least] = [rates[i], slope];
  }
  return best;
}

/** Copies everything that training changes; the result puts it back. */
function remember(model: nn.Module, optimizer: Optimizer): () => void {
  const tensors: Tensor[] = [
    ...(Object.values(model.stateDict()) as Tensor[]),
    ...optimizer.parameters,
    ...[...optimizer.state.values()].flatMap((state) => Object.values(state)),
  ];
  const copies = tensors.map((tensor) => [tensor, tensor.data.slice()] as const);
  const rates = optimizer.groups.map(({ lr }) => lr);
  const { steps } = optimizer;
  return () => {
    for (const [tensor, values] of copies) tensor.copyFrom(values);
    optimizer.groups.forEach((group, i) => {
      group.lr = rates[i]!;
    });
    optimizer.steps = steps;
  };
}

function checkSweep(sweep: {
  startLr: number;
  endLr: number;
  steps: number;
  smoothing: number;
  divergence: number;
}): void {
  const { startLr, endLr, steps, smoothing, divergence } = sweep;
  const fail = (name: string, expected: string, got: number): never => {
    throw new RangeError(`findLearningRate: ${name} must be ${expected}, got ${got}`);
  };
  if (!(startLr > 0 && startLr < Number.POSITIVE_INFINITY)) fail('startLr', 'a finite number above 0', startLr);
  if (!(endLr > startLr && endLr < Number.POSITIVE_INFINITY)) fail('endLr', `a finite number above ${startLr}`, endLr);
  if (!Number.isSafeInteger(steps) || steps < 2) fail('steps', 'an integer ≥ 2', steps);
  if (!(smoothing >= 0 && smoothing < 1)) fail('smoothing', 'in [0, 1)', smoothing);
  if (!(divergence > 1)) fail('divergence', 'above 1', divergence);
}

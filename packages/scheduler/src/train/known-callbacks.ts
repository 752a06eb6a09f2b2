/** Callbacks that most runs want: early stopping, the best checkpoint, a line for each epoch. */
import { type DType, encodeSafetensors, type nn, type Tensor, tensor } from '@lockstep/core';
import { metricAt } from '../metrics/metric.ts';
import type { RunControl, TrainCallback } from './callbacks.ts';
import type { EpochEvent, EvaluationEvent } from './events.ts';

export interface MonitorOptions {
  /**
   * A number of the epoch's or the evaluation's event, or of its metrics: `testLoss` (default), `testAccuracy`, `trainLoss`, `trainAccuracy`,
   * `top5`, `f1.macro`, …
   */
  readonly monitor?: string;
  /** Whether less or more is better. Default `min` for losses and errors (…Loss, mse, mae), else `max`. */
  readonly mode?: 'min' | 'max';
  /** What counts as better: by more than this. Default 0. */
  readonly minDelta?: number;
}

interface MonitorValues {
  readonly best: number;
  readonly seen: number;
}

/** Follows a number and says when it is the best so far. */
class Monitor {
  best: number;
  /** How often the number came. */
  seen = 0;
  readonly #path: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;

  constructor(where: string, options: MonitorOptions) {
    const { monitor = 'testLoss', minDelta = 0 } = options;
    const { mode = /loss$|^mse$|^mae$/i.test(monitor) ? 'min' : 'max' } = options;
    if (mode !== 'min' && mode !== 'max')
      throw new RangeError(`${where}: mode must be 'min' or 'max', got ${String(mode)}`);
    if (!(minDelta >= 0)) throw new RangeError(`${where}: minDelta must be a number ≥ 0, got ${minDelta}`);
    this.#path = monitor;
    this.#sign = mode === 'max' ? 1 : -1;
    this.#minDelta = minDelta;
    this.best = -this.#sign * Number.POSITIVE_INFINITY;
  }

  get state(): MonitorValues & Record<string, unknown> {
    return { best: this.best, seen: this.seen };
  }

  set state({ best, seen }: MonitorValues) {
    this.best = best;
    this.seen = seen;
  }

  /** The number in an event; undefined where it does not occur. */
  valueOf(event: EpochEvent | EvaluationEvent): number | undefined {
    return (
      metricAt(event, this.#path) ??
      ('metrics' in event && event.metrics ? metricAt(event.metrics, this.#path) : undefined)
    );
  }

  /** NaN is never better. */
  improves(value: number): boolean {
    if (!(this.#sign * (value - this.best) > this.#minDelta)) return false;
    this.best = value;
    return true;
  }

  missing(where: string): RangeError {
    return new RangeError(
      `${where}: monitor ${this.#path} is in no event of an epoch; give a test set or validationSplit, and metrics that hold it`,
    );
  }
}

/** Hands every epoch's number to `take`; a RangeError at the end of the first epoch that has none. */
function monitored(
  where: string,
  monitor: Monitor,
  take: (value: number, event: EpochEvent | EvaluationEvent, run: RunControl) => void | Promise<void>,
): TrainCallback {
  const look = async (event: EpochEvent | EvaluationEvent, run: RunControl): Promise<void> => {
    // Checked where the next epoch begins: an epoch's evaluation comes after its own event.
    if (event.type === 'epoch' && event.epoch > 1 && monitor.seen === 0) throw monitor.missing(where);
    const value = monitor.valueOf(event);
    if (value === undefined) return;
    monitor.seen++;
    await take(value, event, run);
  };
  return {
    onEpochEnd: look,
    onEvaluation: look,
    onTrainEnd({ aborted }) {
      if (monitor.seen === 0 && !aborted) throw monitor.missing(where);
    },
    stateDict: () => ({ values: monitor.state }),
    loadStateDict: ({ values }) => {
      monitor.state = values as unknown as MonitorValues;
    },
  };
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row without improvement before the run ends, from 1. Default 5. */
  readonly patience?: number;
  /** Whether the model gets the parameters and buffers of its best epoch back when the run ends, however it ends. Default false. */
  readonly restoreBest?: boolean;
}

/**
 * Ends the run when a number has stopped getting better. The optimizer's state stays that of the last epoch.
 * @throws RangeError for a patience below 1; while training, for a number that no event has.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): TrainCallback {
  const { patience = 5, restoreBest = false } = options;
  if (!Number.isInteger(patience) || patience < 1)
    throw new RangeError(`earlyStopping: patience must be a whole number from 1, got ${patience}`);
  const monitor = new Monitor('earlyStopping', options);
  let waited = 0;
  let best: nn.StateDict | undefined;
  const followed = monitored('earlyStopping', monitor, (value, _event, run) => {
    if (monitor.improves(value)) {
      waited = 0;
      if (restoreBest) best = snapshot(run.model.stateDict());
    } else if (++waited >= patience) run.stop();
  });
  return {
    ...followed,
    async onTrainEnd(run) {
      if (waited > 0 && best) run.model.loadStateDict(best);
      await followed.onTrainEnd?.(run);
    },
    stateDict: () => ({
      values: { ...monitor.state, waited },
      ...(best
        ? { tensors: Object.fromEntries(Object.entries(best).map(([name, kept]) => [`best.${name}`, kept])) }
        : {}),
    }),
    loadStateDict(state) {
      followed.loadStateDict?.(state);
      waited = Number(state.values.waited);
      const tensors = Object.entries(state.tensors ?? {});
      best =
        tensors.length > 0
          ? Object.fromEntries(tensors.map(([name, kept]) => [name.slice('best.'.length), kept]))
          : undefined;
    },
  };
}

/** A copy of parameters and buffers. */
function snapshot(state: nn.StateDict): nn.StateDict {
  const copy = ({ data, shape, dtype }: Tensor<DType>): Tensor<DType> => tensor(data, { shape, dtype });
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, copy(value)]));
}

export interface BestCheckpointOptions extends MonitorOptions {
  /** Keeps the model, safetensors bytes, wherever it should be; waited for. */
  readonly save: (
    model: Uint8Array,
    of: { readonly epoch: number; readonly step: number; readonly value: number },
  ) => void | Promise<void>;
}

/** Saves the model whenever a number is the best so far. @throws RangeError while training, for a number that no event has. */
export function bestCheckpoint(options: BestCheckpointOptions): TrainCallback {
  const monitor = new Monitor('bestCheckpoint', options);
  return monitored('bestCheckpoint', monitor, async (value, { epoch, step }, { model }) => {
    if (!monitor.improves(value)) return;
    const metadata = { format: 'lockstep', epoch: String(epoch), steps: String(step) };
    await options.save(encodeSafetensors(model.stateDict(), metadata), { epoch, step, value });
  });
}

/** A line for each epoch and evaluation, and for every `every`-th step if given. @throws RangeError for `every` below 1. */
export function logger(options: { readonly write: (line: string) => void; readonly every?: number }): TrainCallback {
  const { write, every } = options;
  if (every !== undefined && (!Number.isInteger(every) || every < 1))
    throw new RangeError(`logger: every must be a whole number from 1, got ${every}`);
  return {
    onStep({ step, loss }) {
      if (every !== undefined && step % every === 0) write(`step ${step}: loss ${loss.toFixed(4)}`);
    },
    onEpochEnd({ epoch, trainLoss, trainAccuracy, samplesPerSecond }) {
      write(
        `epoch ${epoch}: loss ${trainLoss.toFixed(4)}, accuracy ${trainAccuracy.toFixed(4)}, ${Math.round(samplesPerSecond)} samples/s`,
      );
    },
    onEvaluation({ epoch, testLoss, testAccuracy }) {
      write(`epoch ${epoch}: test loss ${testLoss.toFixed(4)}, test accuracy ${testAccuracy.toFixed(4)}`);
    },
  };
}

/** What sets the learning rate while a run goes on: a schedule of steps or epochs, and reduction when a measure stops getting better. */
import { type LrSchedule, type Optimizer, type PlateauOptions, ReduceLROnPlateau } from '@lockstep/core';
import type { TrainEvent } from './events.ts';

/** PyTorch's ReduceLROnPlateau, fed with a measure at the end of every epoch. */
export interface PlateauPolicy extends PlateauOptions {
  /** Default 'testLoss'. */
  readonly monitor?: 'testLoss' | 'testAccuracy' | 'trainLoss' | 'trainAccuracy';
}

export interface LrOptions {
  /** The rate as a function of the step or the epoch, from the optimizer's own. Default: constant. */
  readonly lrSchedule?: LrSchedule;
  /** Lowers the optimizer's own rate when a measure stops getting better. `mode` follows the measure. Default: never. */
  readonly reduceLrOnPlateau?: PlateauPolicy;
}

/** A policy at work. */
export interface PlateauFollower {
  readonly plateau: ReduceLROnPlateau;
  readonly onEvent: (event: TrainEvent) => void;
}

/**
 * Follows the events of a run; undefined without a policy.
 *
 * @throws RangeError for an unknown measure, one of a test set that the run does not have, and options out of range.
 */
export function followPlateau(
  options: LrOptions & { readonly optimizer: Optimizer; readonly test?: unknown; readonly validationSplit?: unknown },
): PlateauFollower | undefined {
  if (!options.reduceLrOnPlateau) return undefined;
  const { monitor = 'testLoss', ...policy } = options.reduceLrOnPlateau;
  if (!measures.includes(monitor))
    throw new RangeError(`reduceLrOnPlateau: monitor must be one of ${measures.join(', ')}, got ${String(monitor)}`);
  if (monitor.startsWith('test') && !options.test && options.validationSplit === undefined)
    throw new RangeError(
      `reduceLrOnPlateau: ${monitor} needs a test set; give one or a validationSplit, or monitor trainLoss`,
    );
  const mode = monitor.endsWith('Accuracy') ? 'max' : 'min';
  const plateau = new ReduceLROnPlateau(options.optimizer, { mode, ...policy });
  const onEvent = (event: TrainEvent): void => {
    const measure = (event as Partial<Record<typeof monitor, number>>)[monitor];
    if (event.type !== 'step' && measure !== undefined) plateau.step(measure);
  };
  return { plateau, onEvent };
}

const measures: readonly string[] = ['testLoss', 'testAccuracy', 'trainLoss', 'trainAccuracy'];

/** p as a function of the training step. A schedule is plain data, so that it stands in configurations and records of runs. */
import { expm1 } from '../../math/expm1.ts';

export type DropoutSchedule =
  /** p throughout. */
  | { readonly kind: 'constant' }
  /** p for the first `steps`, then none: against underfitting (Liu et al. 2023, early dropout). */
  | { readonly kind: 'early'; readonly steps: number }
  /** None for the first `steps`, then p: against overfitting (Liu et al. 2023, late dropout). */
  | { readonly kind: 'late'; readonly steps: number }
  /** From `from`·p at step 0 to `to`·p at step `steps`, and so on after it. Default from 1 to 0: Liu et al.'s linear early dropout. */
  | { readonly kind: 'linear'; readonly steps: number; readonly from?: number; readonly to?: number }
  /** From none towards p: p·(1 − e^(−10·step/steps)) (Morerio et al. 2017, curriculum dropout). */
  | { readonly kind: 'curriculum'; readonly steps: number };

export const dropoutScheduleKinds: readonly DropoutSchedule['kind'][] = [
  'constant',
  'early',
  'late',
  'linear',
  'curriculum',
];

/** The probability at a step (from 0) of a layer whose own is p. */
export function scheduledP(schedule: DropoutSchedule, p: number, step: number): number {
  switch (schedule.kind) {
    case 'constant':
      return p;
    case 'early':
      return step < schedule.steps ? p : 0;
    case 'late':
      return step < schedule.steps ? 0 : p;
    case 'linear': {
      const { from = 1, to = 0, steps } = schedule;
      return p * (from + (to - from) * Math.min(1, step / steps));
    }
    case 'curriculum':
      return p * -expm1(Math.max(-700, (-10 * step) / schedule.steps));
    default:
      return schedule satisfies never;
  }
}

/** @throws RangeError for an unknown kind, steps that are not a whole number of at least 1, and factors outside of [0, 1]. */
export function checkDropoutSchedule(schedule: DropoutSchedule): DropoutSchedule {
  if (!dropoutScheduleKinds.includes(schedule.kind)) {
    throw new RangeError(
      `dropout schedule: kind must be one of ${dropoutScheduleKinds.join(', ')}, got ${String(schedule.kind)}`,
    );
  }
  if (schedule.kind === 'constant') return schedule;
  if (!Number.isSafeInteger(schedule.steps) || schedule.steps < 1)
    throw new RangeError(`dropout schedule: steps must be an integer ≥ 1, got ${schedule.steps}`);
  if (schedule.kind === 'linear') {
    for (const [name, factor] of Object.entries({ from: schedule.from ?? 1, to: schedule.to ?? 0 })) {
      if (!(factor >= 0 && factor <= 1))
        throw new RangeError(`dropout schedule: ${name} is a share of p and must be in [0, 1], got ${factor}`);
    }
  }
  return schedule;
}

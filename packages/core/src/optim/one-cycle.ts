/** The one-cycle schedule: up to the group's rate, down far below where it began; the momentum the other way round. */
import { cosPi } from '../math/trigonometry.ts';

/** OneCycleLR (Smith & Topin 2018) of PyTorch; the group's lr is its `max_lr`. After totalSteps the last values stay. */
export interface OneCycle {
  readonly kind: 'oneCycle';
  readonly totalSteps: number;
  /** Share of the steps on the way up. Default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** Whether the momentum (of Adam and its kin β₁) goes down while the rate goes up. Default true. */
  readonly cycleMomentum?: boolean;
  /** At the top of the rate. Default 0.85. */
  readonly baseMomentum?: number;
  /** At its ends. Default 0.95. */
  readonly maxMomentum?: number;
  /** The first rate is lr / divFactor. Default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Down to the first rate as slowly as up, then to the last; else in one go. Default false. */
  readonly threePhase?: boolean;
}

/** A stretch of the cycle: the step at its end, and the rate and the momentum from one end to the other. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [from: number, to: number];
  readonly momentum: readonly [from: number, to: number];
}

/** The rate at step t (from 0), with lr at the top. */
export function oneCycleLr(cycle: OneCycle, lr: number, t: number): number {
  return valueAt(cycle, phasesOf(cycle, lr), t, 'lr');
}

/** The momentum at step t (from 0); undefined if it is not cycled. */
export function oneCycleMomentum(cycle: OneCycle, t: number): number | undefined {
  return cycle.cycleMomentum === false ? undefined : valueAt(cycle, phasesOf(cycle, 1), t, 'momentum');
}

function phasesOf(cycle: OneCycle, lr: number): Phase[] {
  const { totalSteps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4, threePhase = false } = cycle;
  const { baseMomentum: low = 0.85, maxMomentum: high = 0.95 } = cycle;
  const first = lr / divFactor;
  const last = first / finalDivFactor;
  const up: Phase = { end: pctStart * totalSteps - 1, lr: [first, lr], momentum: [high, low] };
  if (!threePhase) return [up, { end: totalSteps - 1, lr: [lr, last], momentum: [low, high] }];
  return [
    up,
    { end: 2 * pctStart * totalSteps - 2, lr: [lr, first], momentum: [low, high] },
    { end: totalSteps - 1, lr: [first, last], momentum: [high, high] },
  ];
}

function valueAt(cycle: OneCycle, phases: readonly Phase[], t: number, what: 'lr' | 'momentum'): number {
  const step = Math.min(t, cycle.totalSteps - 1);
  const found = phases.findIndex(({ end }) => step <= end);
  const index = found < 0 ? phases.length - 1 : found;
  const { end, [what]: ends } = phases[index]!;
  const start = index === 0 ? 0 : phases[index - 1]!.end;
  const share = end > start ? (step - start) / (end - start) : 1;
  const [from, to] = ends;
  if (cycle.annealStrategy === 'linear') return (to - from) * share + from;
  return to + ((from - to) / 2) * (cosPi(share) + 1);
}

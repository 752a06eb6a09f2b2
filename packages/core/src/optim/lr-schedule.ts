/**
 * The learning rate as a function of the step or the epoch, with the formulas, names and defaults of `torch.optim.lr_scheduler`. A schedule is
 * plain data, so that it stands in configurations and records of runs; what it gives depends on its count alone, not on what came before.
 */
import { integerPower, power } from '../math/power.ts';
import { cosPi } from '../math/trigonometry.ts';
import { type OneCycle, oneCycleLr, oneCycleMomentum } from './one-cycle.ts';

/** A curve over a count t from 0 that starts from a group's own rate lr. */
export type LrCurve =
  /** StepLR: lr·gamma^⌊t/stepSize⌋. Default gamma 0.1. */
  | { readonly kind: 'step'; readonly stepSize: number; readonly gamma?: number }
  /** MultiStepLR: lr·gamma^(milestones reached). Default gamma 0.1. */
  | { readonly kind: 'multiStep'; readonly milestones: readonly number[]; readonly gamma?: number }
  /** ExponentialLR: lr·gammaᵗ. */
  | { readonly kind: 'exponential'; readonly gamma: number }
  /** CosineAnnealingLR: etaMin + (lr − etaMin)(1 + cos(πt/tMax))/2; rises again after tMax, as PyTorch's. Default etaMin 0. */
  | { readonly kind: 'cosine'; readonly tMax: number; readonly etaMin?: number }
  /**
   * CosineAnnealingWarmRestarts (Loshchilov & Hutter 2017): the same from lr down to etaMin in t0, then anew in t0·tMult, t0·tMult², ….
   * Default tMult 1 and etaMin 0.
   */
  | { readonly kind: 'cosineWarmRestarts'; readonly t0: number; readonly tMult?: number; readonly etaMin?: number }
  /** OneCycleLR (Smith & Topin 2018), with the group's lr as its top. */
  | OneCycle
  /** LinearLR, the usual warm-up: lr times startFactor to endFactor in totalIters, constant after. Default ⅓, 1 and 5. */
  | {
      readonly kind: 'linear';
      readonly startFactor?: number;
      readonly endFactor?: number;
      readonly totalIters?: number;
    }
  /** PolynomialLR: lr·(1 − min(t, totalIters)/totalIters)^power. Default 5 and 1. */
  | { readonly kind: 'polynomial'; readonly totalIters?: number; readonly power?: number }
  /** ConstantLR: lr·factor until totalIters, then lr. Default ⅓ and 5. */
  | { readonly kind: 'constant'; readonly factor?: number; readonly totalIters?: number }
  /**
   * ChainedScheduler: every schedule on what the one before gives, so products of their factors. (A lower end etaMin counts from the rate that
   * comes in.)
   */
  | { readonly kind: 'chained'; readonly schedules: readonly LrCurve[] }
  /** SequentialLR: one after the other, each counting from its own beginning; `milestones` are where the second and later ones begin. */
  | { readonly kind: 'sequential'; readonly schedules: readonly LrCurve[]; readonly milestones: readonly number[] };

/** A curve, and what t counts: training steps (default) or epochs. */
export type LrSchedule = LrCurve & { readonly unit?: 'step' | 'epoch' };

export const lrScheduleKinds: readonly LrCurve['kind'][] = [
  'step',
  'multiStep',
  'exponential',
  'cosine',
  'cosineWarmRestarts',
  'oneCycle',
  'linear',
  'polynomial',
  'constant',
  'chained',
  'sequential',
];

/** The rate at count t (from 0) of a group whose own is lr. */
export function scheduledLr(curve: LrCurve, lr: number, t: number): number {
  switch (curve.kind) {
    case 'step':
      return lr * integerPower(curve.gamma ?? 0.1, Math.floor(t / curve.stepSize));
    case 'multiStep':
      return lr * integerPower(curve.gamma ?? 0.1, curve.milestones.filter((milestone) => milestone <= t).length);
    case 'exponential':
      return lr * integerPower(curve.gamma, t);
    case 'cosine':
      return annealed(lr, curve.etaMin ?? 0, t / curve.tMax);
    case 'cosineWarmRestarts':
      return annealed(lr, curve.etaMin ?? 0, shareOfPeriod(t, curve.t0, curve.tMult ?? 1));
    case 'oneCycle':
      return oneCycleLr(curve, lr, t);
    case 'linear': {
      const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = curve;
      return lr * (startFactor + (endFactor - startFactor) * (Math.min(t, totalIters) / totalIters));
    }
    case 'polynomial': {
      const { totalIters = 5, power: exponent = 1 } = curve;
      return lr * power(1 - Math.min(t, totalIters) / totalIters, exponent);
    }
    case 'constant':
      return t < (curve.totalIters ?? 5) ? lr * (curve.factor ?? 1 / 3) : lr;
    case 'chained':
      return curve.schedules.reduce((rate, inner) => scheduledLr(inner, rate, t), lr);
    case 'sequential': {
      const { active, since } = activeAt(curve, t);
      return scheduledLr(active, lr, t - since);
    }
    default:
      return curve satisfies never;
  }
}

/** The momentum (of Adam and its kin β₁) at count t where the curve cycles it, else undefined. */
export function scheduledMomentum(curve: LrCurve, t: number): number | undefined {
  switch (curve.kind) {
    case 'oneCycle':
      return oneCycleMomentum(curve, t);
    case 'chained':
      return curve.schedules.map((inner) => scheduledMomentum(inner, t)).findLast((momentum) => momentum !== undefined);
    case 'sequential': {
      const { active, since } = activeAt(curve, t);
      return scheduledMomentum(active, t - since);
    }
    default:
      return undefined;
  }
}

/** Whether the curve sets the momentum too, at any time. */
export function cyclesMomentum(curve: LrCurve): boolean {
  if (curve.kind === 'oneCycle') return curve.cycleMomentum ?? true;
  return 'schedules' in curve && curve.schedules.some(cyclesMomentum);
}

/**
 * A linear warm-up over `steps`, then the curve from its beginning (none: the group's own rate): the rate of step t is (t + 1)/(steps + 1) of
 * the curve's first, until t = steps (Goyal et al. 2017).
 */
export function withWarmup(curve: LrCurve | undefined, steps: number): LrCurve {
  const warmup: LrCurve = { kind: 'linear', startFactor: 1 / (steps + 1), endFactor: 1, totalIters: steps };
  return curve ? { kind: 'sequential', schedules: [warmup, curve], milestones: [steps] } : warmup;
}

/** From lr at share 0 to least at share 1 along half a cosine. */
function annealed(lr: number, least: number, share: number): number {
  return least + ((lr - least) * (1 + cosPi(share))) / 2;
}

/** How far into its period t is; periods last t0, t0·growth, t0·growth², …. */
function shareOfPeriod(t: number, t0: number, growth: number): number {
  if (growth === 1) return (t % t0) / t0;
  let [start, length] = [0, t0];
  while (t >= start + length) [start, length] = [start + length, length * growth];
  return (t - start) / length;
}

/** The schedule that holds at t, and when it began. */
function activeAt(curve: LrCurve & { kind: 'sequential' }, t: number): { active: LrCurve; since: number } {
  const index = curve.milestones.filter((milestone) => milestone <= t).length;
  return { active: curve.schedules[index]!, since: index === 0 ? 0 : curve.milestones[index - 1]! };
}

/** What a call of any member of the dropout family draws by: its options, its number as a call site, and how much is dropped. */
import { randomContext } from '../../graph/context.ts';
import type { DropoutAttrs } from '../../ops/dropout.ts';
import { type DropoutRate, dropThreshold, type RateKind } from '../../ops/dropout-rate.ts';
import type { DrawAttrs, RandomScope } from '../../ops/random-rows.ts';
import type { Seed } from '../../random/streams.ts';
import type { DropoutSchedule } from './schedule.ts';

/** What decides which numbers a call draws. */
export interface DrawOptions {
  /** Off = the identity. Default true, as PyTorch's functional form. */
  readonly training?: boolean;
  readonly scope?: RandomScope;
  /** The root seed. Default: `manualSeed`'s, or the run's. */
  readonly seed?: Seed;
}

export interface DropoutOptions extends DrawOptions {
  /** Probability to drop, in [0, 1]. Default 0.5. */
  readonly p?: number;
  /** p as a function of the training step. Default: the run's, or none. Outside of training runs p itself is used. */
  readonly schedule?: DropoutSchedule;
}

/** RangeError that quotes p unless 0 ≤ p ≤ 1. */
export function checkProbability(p: number, where: string): void {
  if (typeof p !== 'number' || !(p >= 0 && p <= 1)) {
    throw new RangeError(`${where}: p is the probability to drop and must be in [0, 1], got ${String(p)}`);
  }
}

/** Checks the options and counts the call as a site; undefined in evaluation, where nothing is drawn. */
export function drawSite(options: DrawOptions, where: string): DrawAttrs | undefined {
  const { training = true, scope = 'sample' } = options;
  if (scope !== 'sample' && scope !== 'worker')
    throw new RangeError(`${where}: scope is 'sample' or 'worker', got ${String(scope)}`);
  const context = randomContext();
  // The call is counted whatever p is, so that another p does not move the masks of later calls.
  return training ? { seed: options.seed ?? context.seed, site: context.dropoutCalls++, scope } : undefined;
}

/** The rate of a call, with its place among the run's words where a schedule changes it. */
export function rateOf(kind: RateKind, p: number, { schedule }: Pick<DropoutOptions, 'schedule'>): DropoutRate {
  const context = randomContext();
  const used = schedule ?? context.schedule;
  return { kind, p, at: used && context.rates?.addressOf({ kind, p, schedule: used }) };
}

/** Site and rate of a call that draws masks. Undefined where the call is the identity: in evaluation, and for p = 0. */
export function dropoutDraw(kind: RateKind, options: DropoutOptions, where: string): DropoutAttrs | undefined {
  const { p = 0.5 } = options;
  checkProbability(p, where);
  const draw = drawSite(options, where);
  return draw && dropThreshold(p) > 0 ? { ...draw, rate: rateOf(kind, p, options) } : undefined;
}

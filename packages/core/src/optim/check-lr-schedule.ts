/** Whether a schedule of the learning rate makes sense: schedules come from configurations, so each number is looked at. */
import { type LrCurve, type LrSchedule, lrScheduleKinds } from './lr-schedule.ts';

/** @throws RangeError for an unknown kind or unit, counts that are not whole numbers, and factors out of range. */
export function checkLrSchedule(schedule: LrSchedule): LrSchedule {
  const { unit = 'step' } = schedule;
  if (unit !== 'step' && unit !== 'epoch') fail('unit', 'step or epoch', unit);
  checkCurve(schedule);
  return schedule;
}

function checkCurve(curve: LrCurve): void {
  switch (curve.kind) {
    case 'step':
      count('stepSize', curve.stepSize);
      positive('gamma', curve.gamma);
      return;
    case 'multiStep':
      ascending(curve.milestones);
      positive('gamma', curve.gamma);
      return;
    case 'exponential':
      if (curve.gamma === undefined) fail('gamma', 'a finite number above 0', curve.gamma);
      positive('gamma', curve.gamma);
      return;
    case 'cosine':
      count('tMax', curve.tMax);
      atLeastZero('etaMin', curve.etaMin);
      return;
    case 'cosineWarmRestarts':
      count('t0', curve.t0);
      count('tMult', curve.tMult ?? 1);
      atLeastZero('etaMin', curve.etaMin);
      return;
    case 'oneCycle':
      checkOneCycle(curve);
      return;
    case 'linear':
      positive('startFactor', curve.startFactor);
      atLeastZero('endFactor', curve.endFactor);
      count('totalIters', curve.totalIters ?? 5);
      return;
    case 'polynomial':
      count('totalIters', curve.totalIters ?? 5);
      positive('power', curve.power);
      return;
    case 'constant':
      atLeastZero('factor', curve.factor);
      count('totalIters', curve.totalIters ?? 5);
      return;
    case 'chained':
    case 'sequential':
      checkParts(curve);
      return;
    default:
      fail('kind', `one of ${lrScheduleKinds.join(', ')}`, (curve as { kind: unknown }).kind);
  }
}

function checkOneCycle(curve: LrCurve & { kind: 'oneCycle' }): void {
  count('totalSteps', curve.totalSteps);
  const { pctStart = 0.3, annealStrategy = 'cos' } = curve;
  if (!(pctStart >= 0 && pctStart <= 1)) fail('pctStart', 'a share in [0, 1]', pctStart);
  if (annealStrategy !== 'cos' && annealStrategy !== 'linear') fail('annealStrategy', 'cos or linear', annealStrategy);
  positive('divFactor', curve.divFactor);
  positive('finalDivFactor', curve.finalDivFactor);
  for (const name of ['baseMomentum', 'maxMomentum'] as const) {
    const momentum = curve[name] ?? 0.9;
    if (!(momentum >= 0 && momentum < 1)) fail(name, 'a number in [0, 1)', momentum);
  }
}

function checkParts(curve: LrCurve & { kind: 'chained' | 'sequential' }): void {
  if (!Array.isArray(curve.schedules) || curve.schedules.length === 0)
    fail('schedules', 'a list of at least one schedule', curve.schedules);
  for (const inner of curve.schedules) checkCurve(inner);
  if (curve.kind === 'chained') return;
  ascending(curve.milestones);
  const wanted = curve.schedules.length - 1;
  if (curve.milestones.length !== wanted)
    fail('milestones', `${wanted} for ${curve.schedules.length} schedules`, curve.milestones.length);
}

function ascending(milestones: readonly number[]): void {
  const good =
    Array.isArray(milestones) && milestones.every((m, i) => Number.isSafeInteger(m) && m > (milestones[i - 1] ?? 0));
  if (!good) fail('milestones', 'ascending integers ≥ 1', milestones);
}

function count(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) fail(name, 'an integer ≥ 1', value);
}

function positive(name: string, value: number | undefined): void {
  if (value !== undefined && !(value > 0 && value < Number.POSITIVE_INFINITY))
    fail(name, 'a finite number above 0', value);
}

function atLeastZero(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 0 && value < Number.POSITIVE_INFINITY))
    fail(name, 'a finite number ≥ 0', value);
}

function fail(name: string, expected: string, got: unknown): never {
  throw new RangeError(`lr schedule: ${name} must be ${expected}, got ${String(got)}`);
}

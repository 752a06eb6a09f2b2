/** `--lr-schedule` and `--warmup`: from text to a schedule, once the length of the run is known. */
import { checkLrSchedule, type LrCurve, type LrSchedule, withWarmup } from '@lockstep/core';
import { UsageError } from './errors.ts';

/** A schedule as typed; lengths that were left out are filled in by `resolveLrSchedule`. */
export interface LrScheduleText {
  readonly text: string;
  readonly kind: string;
  readonly unit: 'step' | 'epoch';
  /** What follows the kind. */
  readonly values: readonly string[];
}

/** What the curve of a kind is made of: its values, and the count it has to go. */
type MakeCurve = (values: readonly string[], length: number) => LrCurve;

const kinds: Readonly<Record<string, { form: string; most: number; least: number; make: MakeCurve }>> = {
  step: {
    form: 'step:size[:gamma]',
    least: 1,
    most: 2,
    make: ([size, gamma]) => ({ kind: 'step', stepSize: Number(size), ...given('gamma', gamma) }),
  },
  'multi-step': {
    form: 'multi-step:n,n,…[:gamma]',
    least: 1,
    most: 2,
    make: ([list, gamma]) => ({
      kind: 'multiStep',
      milestones: list!.split(',').map(Number),
      ...given('gamma', gamma),
    }),
  },
  exponential: {
    form: 'exponential:gamma',
    least: 1,
    most: 1,
    make: ([gamma]) => ({ kind: 'exponential', gamma: Number(gamma) }),
  },
  cosine: {
    form: 'cosine[:n[:least]]',
    least: 0,
    most: 2,
    make: ([n, least], length) => ({ kind: 'cosine', tMax: Number(n ?? length), ...given('etaMin', least) }),
  },
  'cosine-warm-restarts': {
    form: 'cosine-warm-restarts:n[:growth[:least]]',
    least: 1,
    most: 3,
    make: ([n, growth, least]) => ({
      kind: 'cosineWarmRestarts',
      t0: Number(n),
      ...given('tMult', growth),
      ...given('etaMin', least),
    }),
  },
  'one-cycle': {
    form: 'one-cycle[:n[:share-up]]',
    least: 0,
    most: 2,
    make: ([n, share], length) => ({ kind: 'oneCycle', totalSteps: Number(n ?? length), ...given('pctStart', share) }),
  },
  linear: {
    form: 'linear[:n[:first[:last]]]',
    least: 0,
    most: 3,
    make: ([n, first = '1', last = '0'], length) => ({
      kind: 'linear',
      totalIters: Number(n ?? length),
      startFactor: Number(first),
      endFactor: Number(last),
    }),
  },
  polynomial: {
    form: 'polynomial[:n[:power]]',
    least: 0,
    most: 2,
    make: ([n, power], length) => ({ kind: 'polynomial', totalIters: Number(n ?? length), ...given('power', power) }),
  },
  constant: {
    form: 'constant',
    least: 0,
    most: 0,
    make: () => ({ kind: 'constant', factor: 1, totalIters: 1 }),
  },
};

/** The forms of `--lr-schedule`, for help. */
export const lrScheduleForms: string = Object.values(kinds)
  .map(({ form }) => form)
  .join(', ');

function given(name: string, text: string | undefined): object {
  return text === undefined ? {} : { [name]: Number(text) };
}

/** `cosine`, `step:30:0.1/epoch`: n counts steps, or epochs with `/epoch`. A UsageError quotes the option and the text. */
export function lrSchedule(option: string): (text: string) => LrScheduleText {
  return (text) => {
    const [body = '', unit, ...rest] = text.split('/');
    const [kind = '', ...values] = body.split(':');
    const known = Object.hasOwn(kinds, kind) ? kinds[kind]! : undefined;
    const good = known && rest.length === 0 && (unit === undefined || unit === 'epoch' || unit === 'step');
    const parsed: LrScheduleText = { text, kind, unit: unit === 'epoch' ? 'epoch' : 'step', values };
    const fits = good && values.length >= known.least && values.length <= known.most && !values.includes('');
    if (!fits || !makesSense(parsed)) {
      const expected = known ? `${known.form}, with /epoch to count epochs` : Object.keys(kinds).join(', ');
      const hint = `For example: ${option} ${known ? 'step:2:0.5/epoch' : 'cosine'}.`;
      throw new UsageError({ where: option, expected, got: text || 'nothing', hint });
    }
    return parsed;
  };
}

function makesSense({ kind, values }: LrScheduleText): boolean {
  try {
    checkLrSchedule(kinds[kind]!.make(values, 1));
    return true;
  } catch {
    return false;
  }
}

/** The schedule of a run, warm-up first; undefined: the same rate throughout. A UsageError when the warm-up is as long as the run. */
export function resolveLrSchedule(
  asked: { readonly lrSchedule?: LrScheduleText; readonly warmup?: number },
  run: { readonly epochs: number; readonly stepsPerEpoch: number; readonly cyclesMomentum: boolean },
): LrSchedule | undefined {
  const { lrSchedule: typed, warmup = 0 } = asked;
  const unit = typed?.unit ?? 'step';
  const length = run.epochs * (unit === 'epoch' ? 1 : run.stepsPerEpoch);
  if (warmup >= length) {
    throw new UsageError({
      where: '--warmup',
      expected: `fewer than the ${length} ${unit}s of the run`,
      got: String(warmup),
      hint: 'Shorten it or train for more epochs.',
    });
  }
  const made = typed && typed.kind !== 'constant' ? kinds[typed.kind]!.make(typed.values, length - warmup) : undefined;
  const curve: LrCurve | undefined =
    made?.kind === 'oneCycle' && !run.cyclesMomentum ? { ...made, cycleMomentum: false } : made;
  if (warmup > 0) return { ...withWarmup(curve, warmup), unit };
  return curve && { ...curve, unit };
}

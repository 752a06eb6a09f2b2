/** Schedules of the learning rate against `torch.optim.lr_scheduler`, and what they do to an optimizer's words. */
import {
  Adadelta,
  Adam,
  checkLrSchedule,
  type LrSchedule,
  lrScheduleKinds,
  NAdam,
  nn,
  type PlateauOptions,
  ReduceLROnPlateau,
  SGD,
  scheduledLr,
  scheduledMomentum,
  tensor,
  withWarmup,
} from '@lockstep/core';
import { expectClose } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { ln } from '../src/math/ln.ts';
import { integerPower, power } from '../src/math/power.ts';
import { cosPi } from '../src/math/trigonometry.ts';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

interface LrFile {
  readonly meta: {
    readonly groupLr: readonly [number, number];
    readonly measures: readonly number[];
    readonly plateaus: readonly { name: string; options: PlateauOptions; lr: readonly (readonly number[])[] }[];
  };
  readonly cases: readonly {
    name: string;
    schedule: LrSchedule;
    lr: readonly (readonly number[])[];
    momentum?: readonly number[];
  }[];
}

const { meta, cases } = goldenJson<LrFile>('lr.json');
const tolerance = 1e-12;

test('the golden file has every kind of schedule', () => {
  expect(new Set(cases.map(({ schedule }) => schedule.kind))).toEqual(new Set(lrScheduleKinds));
});

describe.each(cases)('$name', ({ schedule, lr, momentum }) => {
  test('gives the rates of PyTorch for groups of different rates', (context) => {
    provesGolden(context, [`schedule.${schedule.kind}`]);
    checkLrSchedule(schedule);
    lr.forEach((expected, group) => {
      const rates = expected.map((_, t) => scheduledLr(schedule, meta.groupLr[group]!, t));
      expectClose(rates, expected, { tolerance, scale: Number.MIN_VALUE });
    });
  });

  test('gives the momentum of PyTorch where it is cycled', () => {
    const values = lr[0]!.map((_, t) => scheduledMomentum(schedule, t));
    if (momentum) expectClose(values as number[], momentum, { tolerance });
    else expect(new Set(values)).toEqual(new Set([undefined]));
  });
});

test.for(meta.plateaus)('ReduceLROnPlateau $name reduces when PyTorch does', ({ options, lr }, context) => {
  provesGolden(context, ['ReduceLROnPlateau']);
  const groups = meta.groupLr.map((rate) => ({ params: [new nn.Parameter(tensor([0]))], lr: rate }));
  const optimizer = new SGD(groups);
  const plateau = new ReduceLROnPlateau(optimizer, options);
  meta.measures.forEach((measure, t) => {
    const before = optimizer.groups.map((group) => group.lr);
    const reduced = plateau.step(measure);
    const rates = optimizer.groups.map((group) => group.lr);
    expectClose(
      rates,
      lr.map((expected) => expected[t]!),
      { tolerance },
    );
    expect(reduced).toBe(rates.some((rate, i) => rate !== before[i]));
  });
});

describe('an optimizer with a schedule', () => {
  const parameter = () => new nn.Parameter(tensor([1, 2]));
  const lrWord = (words: Float32Array) => words[0];

  test('reads the rate of the step, for every group from its own', () => {
    const optimizer = new SGD([{ params: [parameter()], lr: 0.5 }, { params: [parameter()] }], { lr: 0.25 });
    optimizer.useSchedule({ schedule: { kind: 'step', stepSize: 2, gamma: 0.5 } });
    const words = optimizer.hyper(0).length / 2;
    const rates = [0, 1, 2, 3, 4].map((step) => [optimizer.hyper(step)[0], optimizer.hyper(step)[words]]);
    expect(rates).toEqual([
      [0.5, 0.25],
      [0.5, 0.25],
      [0.25, 0.125],
      [0.25, 0.125],
      [0.125, 0.0625],
    ]);
    expect(optimizer.lrAt(4, 1)).toBe(0.0625);
    optimizer.useSchedule(undefined);
    expect(optimizer.lrAt(4, 1)).toBe(0.25);
  });

  test('counts epochs where the schedule does', () => {
    const optimizer = new SGD([parameter()], { lr: 1 });
    optimizer.useSchedule({ schedule: { kind: 'exponential', gamma: 0.5, unit: 'epoch' }, stepsPerEpoch: 3 });
    expect([0, 2, 3, 5, 6].map((step) => lrWord(optimizer.hyper(step)))).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test('uses it in step()', () => {
    const weight = parameter();
    const optimizer = new SGD([weight], { lr: 1 });
    optimizer.useSchedule({ schedule: { kind: 'exponential', gamma: 0.5 } });
    for (let step = 0; step < 3; step++) {
      weight.grad = tensor([1, -1]);
      optimizer.step();
    }
    expect([...weight.data]).toEqual([1 - 1.75, 2 + 1.75]);
  });

  test('has its momentum cycled, and needs one for that', () => {
    const schedule: LrSchedule = { kind: 'oneCycle', totalSteps: 10 };
    const sgd = new SGD([parameter()], { lr: 1, momentum: 0.5 });
    sgd.useSchedule({ schedule });
    expect(sgd.hyper(0)[1]).toBe(Math.fround(0.95));
    expect(sgd.hyper(2)[1]).toBe(Math.fround(0.85));
    const adam = new Adam([parameter()]);
    adam.useSchedule({ schedule });
    expect(adam.hyper(0)[1]).toBe(Math.fround(1 - 0.95));
    for (const optimizer of [
      new SGD([parameter()], { lr: 1 }),
      new Adadelta([parameter()]),
      new NAdam([parameter()]),
    ]) {
      expect(() => optimizer.useSchedule({ schedule })).toThrow(
        /has no momentum to cycle; give it one above 0, or set/,
      );
      optimizer.useSchedule({ schedule: { ...schedule, cycleMomentum: false } });
    }
  });

  test('does not take a schedule of epochs without their length', () => {
    const use = { schedule: { kind: 'step', stepSize: 1, unit: 'epoch' } } as const;
    expect(() => new SGD([parameter()], { lr: 1 }).useSchedule(use)).toThrow(/needs stepsPerEpoch, an integer ≥ 1/);
  });
});

test('a warm-up climbs in equal parts to the first rate of what follows', () => {
  const rates = [0, 1, 2, 3, 4, 5].map((t) => scheduledLr(withWarmup({ kind: 'exponential', gamma: 0.5 }, 3), 1, t));
  expectClose(rates, [0.25, 0.5, 0.75, 1, 0.5, 0.25], { tolerance });
  expect([2, 3, 9].map((t) => scheduledLr(withWarmup(undefined, 3), 1, t))).toEqual([0.75, 1, 1]);
});

test.each([
  [{ kind: 'steps' }, 'kind must be one of step, multiStep, exponential'],
  [{ kind: 'step', stepSize: 0 }, 'stepSize must be an integer ≥ 1, got 0'],
  [{ kind: 'step', stepSize: 2, gamma: -1 }, 'gamma must be a finite number above 0, got -1'],
  [{ kind: 'step', stepSize: 2, unit: 'day' }, 'unit must be step or epoch, got day'],
  [{ kind: 'multiStep', milestones: [3, 2] }, 'milestones must be ascending integers ≥ 1, got 3,2'],
  [{ kind: 'exponential' }, 'gamma must be a finite number above 0, got undefined'],
  [{ kind: 'cosine' }, 'tMax must be an integer ≥ 1, got undefined'],
  [{ kind: 'oneCycle', totalSteps: 10, pctStart: 2 }, 'pctStart must be a share in [0, 1], got 2'],
  [{ kind: 'oneCycle', totalSteps: 10, annealStrategy: 'sin' }, 'annealStrategy must be cos or linear, got sin'],
  [
    { kind: 'sequential', schedules: [{ kind: 'constant' }], milestones: [3] },
    'milestones must be 0 for 1 schedules, got 1',
  ],
  [{ kind: 'chained', schedules: [] }, 'schedules must be a list of at least one schedule'],
  [{ kind: 'chained', schedules: [{ kind: 'cosine', tMax: 0.5 }] }, 'tMax must be an integer ≥ 1, got 0.5'],
] as const)('%j is refused', (schedule, message) => {
  expect(() => checkLrSchedule(schedule as unknown as LrSchedule)).toThrow(`lr schedule: ${message}`);
});

test.each([
  [{ factor: 1 }, 'factor must be in [0, 1), got 1'],
  [{ patience: -1 }, 'patience must be an integer ≥ 0, got -1'],
  [{ mode: 'mean' as 'min' }, 'mode must be min or max, got mean'],
])('a plateau policy of %j is refused', (options, message) => {
  const optimizer = new SGD([new nn.Parameter(tensor([0]))], { lr: 1 });
  expect(() => new ReduceLROnPlateau(optimizer, options)).toThrow(`plateau: ${message}`);
});

describe('powers, logarithm and cosine without Math', () => {
  test('agree with it', () => {
    for (const base of [0.9, 0.999, 0.5, 0.037]) {
      for (const exponent of [0, 1, 2, 7, 100])
        expectClose([integerPower(base, exponent)], [base ** exponent], { tolerance: 1e-13 });
      for (const exponent of [0.5, 2.5, 0.004, 31.4])
        expectClose([power(base, exponent)], [base ** exponent], { tolerance: 1e-12 });
    }
    for (const x of [1e-300, 0.001, 0.7, 0.999999, 1, 1.0000001, 3, 1e10, 1.7e308])
      expectClose([ln(x)], [Math.log(x)], { tolerance: 1e-14, scale: 1e-12 });
    for (let x = -4.25; x < 4; x += 0.0137)
      expectClose([cosPi(x)], [Math.cos(Math.PI * x)], { tolerance: 2e-15, scale: 1 });
  });

  test('are exact where the value is', () => {
    expect([0, 1, 2, 3].map(cosPi)).toEqual([1, -1, 1, -1]);
    expect(cosPi(0.5)).toBe(0);
    expect([power(0, 0.5), power(0.25, 2), power(1, 0.5), ln(1)]).toEqual([0, 0.0625, 1, 0]);
  });
});

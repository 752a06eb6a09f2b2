/** p as a function of the step: the schedules' values, and that programs drop by them. */
import {
  checkDropoutSchedule,
  type DropoutSchedule,
  defaultArena,
  F,
  inputTensor,
  nn,
  RateTable,
  scheduledP,
  type Tensor,
  traceWith,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { expm1 } from '../src/math/expm1.ts';
import { expectedMask, scaleOf } from './dropout-reference.ts';
import { programOf } from './program.ts';

const at = (schedule: DropoutSchedule, steps: readonly number[]) =>
  steps.map((step) => scheduledP(schedule, 0.5, step));

describe('the probability', () => {
  test('of each kind at some steps', () => {
    expect(at({ kind: 'constant' }, [0, 100])).toEqual([0.5, 0.5]);
    expect(at({ kind: 'early', steps: 10 }, [0, 9, 10, 11])).toEqual([0.5, 0.5, 0, 0]);
    expect(at({ kind: 'late', steps: 10 }, [0, 9, 10, 11])).toEqual([0, 0, 0.5, 0.5]);
    expect(at({ kind: 'linear', steps: 10 }, [0, 5, 10, 99])).toEqual([0.5, 0.25, 0, 0]);
    expect(at({ kind: 'linear', steps: 10, from: 0.5, to: 1 }, [0, 5, 10, 99])).toEqual([0.25, 0.375, 0.5, 0.5]);
    const curriculum = at({ kind: 'curriculum', steps: 100 }, [0, 10, 100, 10_000, 1e9]);
    [0, 0.5 * (1 - Math.exp(-1)), 0.5 * (1 - Math.exp(-10)), 0.5, 0.5].forEach((expected, i) => {
      expect(curriculum[i]).toBeCloseTo(expected, 12);
    });
  });

  test('its exponential is Math.expm1 to within 1e-12, relative', () => {
    for (let x = -700; x <= 700; x += 0.37) expect(Math.abs(expm1(x) / Math.expm1(x) - 1)).toBeLessThan(1e-12);
    expect(expm1(0)).toBe(0);
  });

  test.each([
    [{ kind: 'sudden', steps: 3 }, /kind must be one of constant, early, late, linear, curriculum, got sudden/],
    [{ kind: 'early', steps: 0 }, /steps must be an integer ≥ 1, got 0/],
    [{ kind: 'late', steps: 1.5 }, /steps must be an integer ≥ 1, got 1.5/],
    [{ kind: 'linear', steps: 3, to: 2 }, /to is a share of p and must be in \[0, 1\], got 2/],
  ])('%j is refused', (schedule, message) => {
    expect(() => checkDropoutSchedule(schedule as DropoutSchedule)).toThrow(message);
    expect(() => new nn.Dropout(0.5, { schedule: schedule as DropoutSchedule })).toThrow(message);
  });
});

describe('in a program', () => {
  const rows = 6;
  const n = 70;

  function scheduled(build: (x: Tensor) => Tensor[], schedule?: DropoutSchedule) {
    const arena = defaultArena();
    const block = arena.allocate(4 * RateTable.words);
    const rates = new RateTable(block.offsetBytes);
    const x = inputTensor('x', { shape: [rows, n], dtype: 'f32' });
    const outputs = traceWith(5, () => build(x), { rates, schedule });
    const program = programOf([x, ...outputs], { batch: rows, shards: 2 });
    const words = new Uint32Array(arena.memory.buffer, block.offsetBytes, RateTable.words);
    return (step: number) => {
      rates.fill(step, words);
      program.data(x).fill(1);
      program.step(step);
      return outputs.map((output) => Array.from(program.data(output)));
    };
  }
  const expected = (p: number, step: number, site = 0) =>
    p === 0
      ? new Array(rows * n).fill(1)
      : expectedMask({ seed: 5, rows, n, p, step, site }).map((kept) => (kept ? scaleOf(p) : 0));

  test("a layer's own schedule decides p at every step, the others keep theirs", () => {
    const layer = new nn.Dropout(0.5, { schedule: { kind: 'linear', steps: 4 } });
    const run = scheduled((x) => [layer.forward(x), F.dropout(x, { p: 0.3 })]);
    for (const [step, p] of [0.5, 0.375, 0.25, 0.125, 0, 0].entries()) {
      const [own, other] = run(step);
      expect(own).toEqual(expected(p, step));
      expect(other).toEqual(expected(0.3, step, 1));
    }
  });

  test("the run's schedule holds for every call without one of its own", () => {
    const own: DropoutSchedule = { kind: 'constant' };
    const run = scheduled(
      (x) => [F.dropout(x, { p: 0.5 }), F.dropout(x, { p: 0.25 }), F.dropout(x, { p: 0.25, schedule: own })],
      { kind: 'late', steps: 2 },
    );
    expect(run(1)).toEqual([expected(0, 1), expected(0, 1), expected(0.25, 1, 2)]);
    expect(run(2)).toEqual([expected(0.5, 2), expected(0.25, 2, 1), expected(0.25, 2, 2)]);
  });

  test('more different p than a run has room for is an error that says so', () => {
    expect(() =>
      scheduled((x) => Array.from({ length: 33 }, (_, i) => F.dropout(x, { p: (i + 1) / 40 })), { kind: 'constant' }),
    ).toThrow(/at most 32 different p in one run, got one more: 0.825/);
  });

  test('outside of a run the schedule has no effect: p is as given', () => {
    const x = inputTensor('x', { shape: [rows, n], dtype: 'f32' });
    const y = traceWith(5, () => F.dropout(x, { p: 0.5, schedule: { kind: 'late', steps: 10 } }));
    const program = programOf([x, y], { batch: rows });
    program.data(x).fill(1);
    program.step(0);
    expect(Array.from(program.data(y))).toEqual(expected(0.5, 0));
  });
});

/** Metrics against values worked out by hand and by definition. */
import { tensor } from '@lockstep/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { auroc } from '../src/metrics/auroc.ts';
import { brierScore, expectedCalibrationError, negativeLogLikelihood } from '../src/metrics/calibration.ts';

describe('auroc', () => {
  test('known values', () => {
    // The example of scikit-learn's roc_auc_score.
    expect(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(auroc([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
    expect(auroc([1, 2, 3, 4], [true, true, false, false])).toBe(0);
    expect(auroc([5, 5, 5], [1, 0, 0])).toBe(0.5);
    // Pairs 3 × 2: (1 beats 0), (1 ties 1), (2 beats both), (0 ties 0) → (1 + 0.5 + 2 + 0.5) / 6.
    expect(auroc([1, 2, 0, 0, 1], [1, 1, 1, 0, 0])).toBe(4 / 6);
    expect(auroc([Infinity, -Infinity, Infinity, 0], [1, 1, 0, 0])).toBe(1.5 / 4);
    expect(auroc([-0, 0], [0, 1])).toBe(0.5);
  });

  test('is the share of pairs that are in order, ties half', () => {
    const example = fc.record({ score: fc.integer({ min: -5, max: 5 }), positive: fc.boolean() });
    fc.assert(
      fc.property(fc.array(example, { minLength: 2, maxLength: 40 }), (examples) => {
        const [up, down] = [true, false].map((kind) => examples.filter(({ positive }) => positive === kind)) as [
          typeof examples,
          typeof examples,
        ];
        fc.pre(up.length > 0 && down.length > 0);
        const pairs = up.flatMap((a) => down.map((b) => (Math.sign(a.score - b.score) + 1) / 2));
        const expected = pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
        const scores = examples.map(({ score }) => score);
        expect(
          auroc(
            scores,
            examples.map(({ positive }) => positive),
          ),
        ).toBe(expected);
      }),
    );
  });

  test('refuses what has no area', () => {
    expect(() => auroc([1, 2], [1])).toThrow('expected a target for each of 2 scores, got 1');
    expect(() => auroc([1, Number.NaN], [0, 1])).toThrow('got NaN at index 1');
    expect(() => auroc([1, 2], [0, 2])).toThrow('expected targets 0 or 1, got 2 at index 1');
    expect(() => auroc([1, 2], [1, 1])).toThrow('got 2 and 0');
    expect(() => auroc([], [])).toThrow('got 0 and 0');
  });
});

describe('calibration', () => {
  const probabilities = tensor([
    [0.75, 0.25],
    [0.75, 0.25],
    [0.5, 0.5],
    [0, 1],
  ]);
  const labels = [0, 1, 0, 1];

  test('negative log-likelihood in nats', () => {
    const expected = -(Math.log(0.75) + Math.log(0.25) + Math.log(0.5)) / 4;
    expect(negativeLogLikelihood({ probabilities, labels })).toBeCloseTo(expected, 6);
    const worst = negativeLogLikelihood({ probabilities: tensor([[0, 1]]), labels: [0] });
    expect(worst).toBeCloseTo(126 * Math.LN2, 4);
  });

  test('Brier score: 1/8, 9/8, 1/2 and 0', () => {
    expect(brierScore({ probabilities, labels })).toBe((0.125 + 1.125 + 0.5) / 4);
  });

  test('expected calibration error: bins of two at 0.75, one right; one each at 0.5 and 1, right', () => {
    expect(expectedCalibrationError({ probabilities, labels })).toBe((2 * 0.25 + 0.5 + 0) / 4);
    // One bin: mean confidence 3/4, accuracy 3/4.
    expect(expectedCalibrationError({ probabilities, labels }, { bins: 1 })).toBe(0);
    // A probability on an edge belongs to the bin below.
    expect(
      expectedCalibrationError(
        {
          probabilities: tensor([
            [0.5, 0.5],
            [0.625, 0.375],
          ]),
          labels: [0, 1],
        },
        { bins: 2 },
      ),
    ).toBe((0.5 + 0.625) / 2);
  });

  test('refuses labels that are no classes and shapes that do not fit', () => {
    expect(() => brierScore({ probabilities, labels: [0, 1] })).toThrow('got shape [4, 2] and 2 labels');
    expect(() => brierScore({ probabilities, labels: [0, 1, 2, 0] })).toThrow('from 0 to 1, got 2 at index 2');
    expect(() => expectedCalibrationError({ probabilities, labels }, { bins: 0 })).toThrow('integer ≥ 1, got 0');
  });
});

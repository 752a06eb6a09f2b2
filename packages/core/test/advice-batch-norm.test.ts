/** The adviser on dropout before batch normalisation: which models, and which ratios. */
import { nn } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { fc, flatten, Named, placesOf, relu, saidBy } from './advice-models.ts';

const { BatchNorm1d, BatchNorm2d, Conv2d, Dropout } = nn;

describe('dropout-before-batch-norm', () => {
  const images = [3, 8, 8];

  test('directly: the exact ratio of this p', () => {
    const model = new Named({ fc1: fc(), drop: new Dropout(0.2), bn: new BatchNorm1d(16), fc2: fc() });
    const [advice, ...more] = saidBy('dropout-before-batch-norm', model, [16]);
    expect(more).toEqual([]);
    expect(advice).toMatchObject({ severity: 'warning', place: 'drop, after fc1' });
    expect(advice!.message).toBe('dropout directly before batch normalisation (bn)');
    expect(advice!.why).toMatch(/^with p = 0\.2 the variance while training is 1\/\(1 − p\) = 1\.25 times/);
    expect(advice!.why).not.toContain('ReLU');
  });

  test('after ReLU, or with ReLU between: the ratio for such values too', () => {
    for (const steps of [
      { fc1: fc(), relu, drop: new Dropout(0.5), bn: new BatchNorm1d(16), fc2: fc() },
      { fc1: fc(), drop: new Dropout(0.5), relu, bn: new BatchNorm1d(16), fc2: fc() },
    ]) {
      // 1 + 1·(1 + 1/(π − 1))
      expect(saidBy('dropout-before-batch-norm', new Named(steps), [16])[0]!.why).toContain('and 2.47 after ReLU');
    }
  });

  test('with a layer between: a suggestion, with the angle of its weights', () => {
    const conv2 = new Conv2d(4, 5, 3, { bias: false });
    conv2.weight.copyFrom(new Float32Array(conv2.weight.size).fill(0.5));
    const model = new Named({
      conv1: new Conv2d(3, 4, 3),
      relu,
      drop: new Dropout(0.5),
      conv2,
      bn: new BatchNorm2d(5),
      flatten,
      fc: fc(80),
    });
    const [advice, ...more] = saidBy('dropout-before-batch-norm', model, images);
    expect(more).toEqual([]);
    expect(advice).toMatchObject({ severity: 'suggestion', place: 'drop, after conv1' });
    expect(advice!.message).toBe('dropout, then conv2, then batch normalisation (bn)');
    // All weights equal: d·cos²θ = d = 4·3·3.
    expect(advice!.why).toContain('d·cos²θ = 36 on average now, so 2 times for ρ = 0 and 1.05 times for ρ = 0.5');
  });

  test('with pooling between: a suggestion without a ratio of the whole', () => {
    const model = new Named({
      conv: new Conv2d(3, 4, 3),
      drop: new Dropout(0.25),
      pool: new nn.AvgPool2d(2),
      bn: new BatchNorm2d(4),
      flatten,
      fc: fc(36),
    });
    const said = saidBy('dropout-before-batch-norm', model, images);
    expect(said.map(({ severity, message }) => [severity, message])).toEqual([
      ['suggestion', 'dropout before batch normalisation (bn), with other operations between'],
    ]);
  });

  test('not after the last batch normalisation, nor where evaluation uses the statistics of its own batch', () => {
    const after = new Named({ fc1: fc(), bn: new BatchNorm1d(16), relu, drop: new Dropout(0.5), fc2: fc() });
    expect(placesOf('dropout-before-batch-norm', after)).toEqual([]);
    const untracked = new BatchNorm1d(16, { trackRunningStats: false });
    const same = new Named({ fc1: fc(), drop: new Dropout(0.5), bn: untracked, fc2: fc() });
    expect(placesOf('dropout-before-batch-norm', same)).toEqual([]);
    const far = new Named({ a: fc(), drop: new Dropout(0.5), b: fc(), c: fc(), bn: new BatchNorm1d(16), d: fc() });
    expect(placesOf('dropout-before-batch-norm', far)).toEqual([]);
  });
});

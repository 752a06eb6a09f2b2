/** A small GPT in training against PyTorch in float64, from the same weights, in short; `scripts/gpt-curve.ts` goes all 200 steps. */
import { expect, test } from 'vitest';
import { expectedLosses, trainGPT } from './gpt-run.ts';

test('the losses of 30 steps are those of PyTorch to 1e-3, and the same bits in 1 and 3 shards', () => {
  const losses = trainGPT(30, 1);
  expect(Math.max(...losses.map((loss, step) => Math.abs(loss - expectedLosses[step]!)))).toBeLessThan(1e-3);
  expect(trainGPT(30, 3)).toEqual(losses);
});

test('the golden curve falls from ln 17 towards the entropy of the tokens, ln 2', () => {
  expect(expectedLosses.length).toBe(200);
  expect(Math.abs(expectedLosses[0]! - Math.log(17))).toBeLessThan(0.2);
  expect(expectedLosses.at(-1)).toBeLessThan(1.5);
});

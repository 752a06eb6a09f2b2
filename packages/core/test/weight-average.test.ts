/** Averages of weights against PyTorch's AveragedModel. */
import { type AveragePolicy, nn, tensor, WeightAverage } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

const { cases } = goldenJson<{ cases: { name: string; policy: AveragePolicy; averages: number[][] }[] }>(
  'average.json',
);

test.for(cases)('$name: every update agrees with PyTorch', ({ policy, averages }, context) => {
  provesGolden(context, ['WeightAverage']);
  const parameter = new nn.Parameter(tensor(hashUniform('average/0', 7)));
  const average = new WeightAverage([parameter], policy);
  averages.forEach((expected, t) => {
    parameter.copyFrom(hashUniform(`average/${t + 1}`, 7));
    average.update();
    expectClose(average.averages.get(parameter)!.data, expected, { tolerance: 1e-6, scale: 0.1 });
  });
  expect(average.updates).toBe(6);
});

test('swapping shows the average through the parameters, and puts them back', () => {
  const parameter = new nn.Parameter(tensor([1, 2]));
  const average = new WeightAverage([parameter], { kind: 'ema', decay: 0.5 });
  average.update();
  parameter.copyFrom([3, 4]);
  average.update();
  average.swap();
  expect([...parameter.data]).toEqual([2, 3]);
  average.swap();
  expect([...parameter.data]).toEqual([3, 4]);
});

test('equal averages take the last step of each epoch from the first wanted on', () => {
  const average = new WeightAverage([new nn.Parameter(tensor([1]))], { kind: 'swa', startEpoch: 2 });
  const moments = [1, 2, 3].flatMap((epoch) => [false, true].map((lastOfEpoch) => ({ epoch, lastOfEpoch })));
  expect(moments.map((moment) => average.takes(moment))).toEqual([false, false, false, true, false, true]);
});

test.each([
  [{ kind: 'ema', decay: 1 }, 'decay must be in [0, 1), got 1'],
  [{ kind: 'swa', startEpoch: 0 }, 'startEpoch must be an integer ≥ 1, got 0'],
  [{ kind: 'mean' }, 'kind must be ema or swa, got mean'],
])('%j is refused', (policy, message) => {
  expect(() => new WeightAverage([], policy as AveragePolicy)).toThrow(`weight average: ${message}`);
});

/** Central differences agree with derivatives that are known. */
import { expect, it } from 'vitest';
import { expectClose, finiteDifference } from '../src/index.ts';

const cubes = (x: ArrayLike<number>): number =>
  Array.from(x).reduce((total, value, i) => total + (i + 1) * value ** 3, 0);
const slopes = (x: ArrayLike<number>): number[] => Array.from(x, (value, i) => 3 * (i + 1) * value ** 2);

it('differentiates on lists and typed arrays without changing them', () => {
  for (const x of [[0.5, -1, 2], new Float32Array([0.5, -1, 2]), new Float64Array([0.5, -1, 2])]) {
    const before = Array.from(x);
    expectClose(finiteDifference(cubes, x), slopes(x), { tolerance: 1e-5 });
    expect(Array.from(x)).toEqual(before);
  }
});

it('divides by the step that float32 took', () => {
  const x = new Float32Array([1000.1]);
  expectClose(
    finiteDifference((p) => p[0]!, x, { eps: 1e-4 }),
    [1],
    { tolerance: 1e-12 },
  );
  expect(() => finiteDifference((p) => p[0]!, x, { eps: 1e-9 })).toThrow('vanishes');
});

it('probes chosen indices only', () => {
  let calls = 0;
  const counted = (x: number[]): number => {
    calls++;
    return cubes(x);
  };
  const gradient = finiteDifference(counted, [1, 2, 3], { indices: [2] });
  expectClose(gradient, [81], { tolerance: 1e-5 });
  expect(calls).toBe(2);
  expect(() => finiteDifference(cubes, [1], { indices: [1] })).toThrow(RangeError);
});

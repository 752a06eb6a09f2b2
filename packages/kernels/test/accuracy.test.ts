/** How far the polynomials are from the exact functions, in units in the last place of the exact result. */
import { expect, test } from 'vitest';
import { binaryOps, f32Bits, unaryOps } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32 } = createFixture(64);
const [xAt, outAt] = [1024, 2 << 20];

function apply(op: keyof typeof unaryOps, xs: ArrayLike<number>): Float32Array {
  f32.set(xs, xAt / 4);
  kernels.unary(unaryOps[op], xAt, outAt, xs.length);
  return f32.slice(outAt / 4, outAt / 4 + xs.length);
}

/** The largest error over a sweep of floats, in ulps. */
function worstUlps(op: keyof typeof unaryOps, exact: (x: number) => number, xs: Float32Array): number {
  let worst = 0;
  apply(op, xs).forEach((y, i) => {
    const truth = exact(xs[i]!);
    const magnitude = Math.abs(truth);
    if (magnitude < 2 ** -126 || magnitude > 3.4028234e38) return;
    const ulp = 2 ** (Math.floor(Math.log2(magnitude)) - 23);
    worst = Math.max(worst, Math.abs(y - truth) / ulp);
  });
  return worst;
}

const count = 200_000;
const linear = (low: number, high: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
/** Floats of every exponent in [low, high], both positive. */
const logarithmic = (low: number, high: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
const bothSigns = (xs: Float32Array): Float32Array => xs.map((x, i) => (i % 2 === 0 ? x : -x));

const selu = (x: number): number => (x > 0 ? 1.0507009873554805 * x : 1.7580993408473766 * Math.expm1(x));

test.each([
  ['exp', Math.exp, linear(-87.3, 88.7), 1],
  ['exp', Math.exp, bothSigns(logarithmic(1e-10, 88)), 1],
  ['log', Math.log, logarithmic(1e-44, 3.4e38), 1],
  ['log', Math.log, linear(0.5, 2), 1],
  ['tanh', Math.tanh, bothSigns(logarithmic(1e-30, 12)), 2],
  ['tanh', Math.tanh, linear(-2, 2), 2],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), linear(-87, 20), 2],
  ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), linear(-8, 2), 2],
  ['selu', selu, linear(-20, 2), 2],
  ['selu', selu, bothSigns(logarithmic(1e-30, 80)), 2],
] satisfies [keyof typeof unaryOps, (x: number) => number, Float32Array, number][])(
  '%s stays within its bound over a sweep',
  (op, exact, xs, bound) => {
    expect(worstUlps(op, exact, xs)).toBeLessThanOrEqual(bound);
  },
);

test('exp overflows to Infinity, underflows through subnormals to +0, and keeps NaN', () => {
  const subnormal = Math.fround(Math.exp(-100));
  expect([...apply('exp', [88.7, 88.73, 1e30, Infinity])].map((y) => y === Infinity)).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect([...apply('exp', [-100, -103.9, -104, -1e30, -Infinity, NaN, 0, -0])]).toEqual([
    ...[subnormal, 2 ** -149, 0, 0, 0, NaN, 1, 1],
  ]);
});

test('log of 0 is −Infinity, of a negative number NaN, of a subnormal exact', () => {
  expect([...apply('log', [0, -0, -1, -Infinity, Infinity, NaN, 1])]).toEqual([
    ...[-Infinity, -Infinity, NaN, NaN, Infinity, NaN, 0],
  ]);
  expect(apply('log', [2 ** -149])[0]).toBe(Math.fround(Math.log(2 ** -149)));
});

test('tanh and sigmoid saturate at their limits and keep NaN and the sign of zero', () => {
  expect([...apply('tanh', [-0, 0, 20, -20, Infinity, -Infinity, NaN])]).toEqual([-0, 0, 1, -1, 1, -1, NaN]);
  expect([...apply('sigmoid', [0, 40, -200, Infinity, -Infinity, NaN])]).toEqual([0.5, 1, 0, 1, 0, NaN]);
});

test('selu keeps NaN, is 0 at 0, and saturates at −λα; its gradient at 0 is λα, as PyTorch has it', () => {
  const [lambda, least] = [Math.fround(1.0507009873554805), Math.fround(-1.7580993408473766)];
  expect([...apply('selu', [NaN, 0, 1, -20, -1e30, -Infinity, Infinity])]).toEqual([
    ...[NaN, 0, lambda, least, least, least, Infinity],
  ]);
  f32.set([0, 1, least, NaN], xAt / 4);
  f32.set([1, 1, 1, 1], outAt / 4);
  kernels.binary(binaryOps.seluGrad, outAt, xAt, outAt, 4);
  expect([...f32.subarray(outAt / 4, outAt / 4 + 4)]).toEqual([-least, lambda, 0, NaN]);
});

test('relu keeps NaN and turns −0 into +0; sign is 0 for NaN', () => {
  expect([...apply('relu', [-1, 2, -0, NaN])]).toEqual([0, 2, 0, NaN]);
  expect([...apply('sign', [-3, 3, -0, NaN])]).toEqual([-1, 1, 0, 0]);
  expect(f32Bits(apply('relu', [-0])[0]!)).toBe(0);
});

/** How far the polynomials are from the exact functions, in units in the last place of the exact result. */
import { expect, test } from 'vitest';
import { binaryOps, f32Bits, unaryOps } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32 } = createFixture(96);
const [xAt, outAt, bAt] = [1024, 2 << 20, 4 << 20];

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

/** The error function by a series of positive terms, in f64: 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) ÷ (1·3·5…(2n+1)). */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18 && n < 400; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return Math.abs(x) > 6 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

test.each([
  ['expm1', Math.expm1, bothSigns(logarithmic(1e-37, 88))],
  ['expm1', Math.expm1, linear(-20, 88.7)],
  ['log1p', Math.log1p, logarithmic(1e-37, 3.4e38)],
  ['log1p', Math.log1p, logarithmic(1e-37, 0.9999999).map((x) => -x)],
  ['log2', Math.log2, logarithmic(1e-44, 3.4e38)],
  ['log2', Math.log2, linear(0.5, 2)],
  ['sin', Math.sin, bothSigns(logarithmic(1e-37, 3.4e38))],
  ['sin', Math.sin, linear(-100, 100)],
  ['sin', Math.sin, linear(1_048_000, 1_049_000)],
  ['cos', Math.cos, bothSigns(logarithmic(1e-37, 3.4e38))],
  ['cos', Math.cos, linear(-100, 100)],
  ['erf', erf, bothSigns(logarithmic(1e-37, 10))],
  ['erf', erf, linear(-4.1, 4.1)],
] satisfies [keyof typeof unaryOps, (x: number) => number, Float32Array][])(
  '%s, computed in f64, is rounded to the nearest but for one case in a hundred of an ulp',
  (op, exact, xs) => {
    expect(worstUlps(op, exact, xs)).toBeLessThanOrEqual(0.51);
  },
);

test('rsqrt stays within 1.5 ulp', () => {
  expect(worstUlps('rsqrt', (x) => 1 / Math.sqrt(x), logarithmic(1e-37, 3.4e38))).toBeLessThanOrEqual(1.5);
});

function power(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array {
  f32.set(a, xAt / 4);
  f32.set(b, bAt / 4);
  kernels.binary(binaryOps.pow, xAt, bAt, outAt, a.length);
  return f32.slice(outAt / 4, outAt / 4 + a.length);
}

test('pow, computed in f64, stays within 0.51 ulp', () => {
  const [a, b] = [
    logarithmic(1e-38, 1e38),
    linear(-60, 60).map((x, i) => (i % 3 === 0 ? Math.round(x) : x / (1 + (i % 7)))),
  ];
  let worst = 0;
  power(a, b).forEach((y, i) => {
    const truth = a[i]! ** b[i]!;
    if (truth < 2 ** -126 || truth > 3.4028234e38) return;
    worst = Math.max(worst, Math.abs(y - truth) / 2 ** (Math.floor(Math.log2(truth)) - 23));
  });
  expect(worst).toBeLessThanOrEqual(0.51);
});

test('pow follows the rules of C for zeros, infinities, NaN and negative bases', () => {
  const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e30, -1e30, 16777217, Infinity, -Infinity, NaN];
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
  const result = power(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
  pairs.forEach(([a, b], i) => {
    // JavaScript differs from C in 1^b and (−1)^±Infinity alone.
    const one = a === 1 || (a === -1 && Math.abs(b) === Infinity);
    const truth = one ? 1 : Math.fround(Math.fround(a) ** Math.fround(b));
    expect([a, b, result[i]]).toEqual([a, b, truth]);
  });
});

test('the rest of a division is exact, with the sign of a or of b', () => {
  const rest = (op: 'fmod' | 'remainder', a: number, b: number) => {
    f32.set([a], xAt / 4);
    f32.set([b], bAt / 4);
    kernels.binary(binaryOps[op], xAt, bAt, outAt, 1);
    return f32[outAt / 4]!;
  };
  expect([rest('fmod', 7, 3), rest('fmod', -7, 3), rest('fmod', 7, -3)]).toEqual([1, -1, 1]);
  expect([rest('remainder', 7, 3), rest('remainder', -7, 3), rest('remainder', 7, -3)]).toEqual([1, 2, -2]);
  expect(rest('fmod', 1e30, 3)).toBe(Math.fround(1e30) % 3);
  expect([rest('fmod', 1, 0), rest('fmod', Infinity, 2), rest('fmod', 5, Infinity)]).toEqual([NaN, NaN, 5]);
  expect([rest('fmod', -4, 2), rest('remainder', -4, 2), rest('remainder', 0, -2)]).toEqual([-0, -0, 0]);
});

test('rounding is to the nearest, halves to the even neighbour, and keeps signs, infinities and NaN', () => {
  const xs = [0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 8388607.5, 1e30, -0, Infinity, -Infinity, NaN];
  expect([...apply('round', xs)]).toEqual([
    0,
    -0,
    2,
    2,
    -2,
    0,
    8388608,
    Math.fround(1e30),
    -0,
    Infinity,
    -Infinity,
    NaN,
  ]);
  expect([...apply('floor', [-0.5, 1.5])]).toEqual([-1, 1]);
  expect([...apply('ceil', [-0.5, 1.5])]).toEqual([-0, 2]);
  expect([...apply('trunc', [-1.5, 1.5])]).toEqual([-1, 1]);
});

test('functions computed in f64 at their edges', () => {
  expect([...apply('expm1', [0, -0, -200, 100, -Infinity, NaN])]).toEqual([0, -0, -1, Infinity, -1, NaN]);
  expect([...apply('log1p', [0, -0, -1, -2, Infinity])]).toEqual([0, -0, -Infinity, NaN, Infinity]);
  expect([...apply('log2', [0, 1, 2 ** -149, 2 ** 127, -1])]).toEqual([-Infinity, 0, -149, 127, NaN]);
  expect([...apply('sin', [-0, Infinity, NaN]), ...apply('cos', [0, -Infinity])]).toEqual([-0, NaN, NaN, 1, NaN]);
  expect([...apply('erf', [-0, Infinity, -Infinity, NaN])]).toEqual([-0, 1, -1, NaN]);
});

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

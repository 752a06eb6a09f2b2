/** How far activations and their gradients are from the exact functions, computed in f64, in units in the last place of the result. */
import { expect, test } from 'vitest';
import { activationOps, f32Bits } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

type Name = keyof typeof activationOps;

const { kernels, f32 } = createFixture(64);
const [xAt, dyAt, outAt] = [1024, 1 << 20, 2 << 20];
const count = 100_000;

interface Values {
  readonly y: Float32Array;
  readonly slope: Float32Array;
}

/** Results, and gradients for dy = 1. */
function apply(name: Name, xs: ArrayLike<number>, [a, b]: readonly [number, number]): Values {
  f32.set(xs, xAt / 4);
  f32.fill(1, dyAt / 4, dyAt / 4 + xs.length);
  kernels.activation(activationOps[name], xAt, outAt, xs.length, f32Bits(a), f32Bits(b));
  kernels.activationGrad(activationOps[name], dyAt, xAt, dyAt, xs.length, f32Bits(a), f32Bits(b));
  return { y: f32.slice(outAt / 4, outAt / 4 + xs.length), slope: f32.slice(dyAt / 4, dyAt / 4 + xs.length) };
}

/** The largest |value − exact(x)|, relative to `weight` of the exact value, in units of 2⁻²³; subnormal results are left out. */
function worst(
  values: Float32Array,
  exact: (x: number) => number,
  xs: Float32Array,
  weight: (truth: number) => number,
): number {
  let most = 0;
  values.forEach((value, i) => {
    const truth = exact(xs[i]!);
    if (Math.abs(truth) < 2 ** -126) return;
    most = Math.max(most, (Math.abs(value - truth) / weight(truth)) * 2 ** 23);
  });
  return most;
}

const linear = (low: number, high: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
/** Floats of every exponent in [1e-30, high], of both signs. */
const everyExponent = (high: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1e-30 * (high / 1e-30) ** (i / (count - 1)));

/** ½·erfc(a ÷ √2) for a ≥ 0: by the series of Φ below 4, beyond it by the continued fraction of Laplace. */
function upperTail(a: number): number {
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  if (a < 4) {
    let [sum, term] = [a, a];
    for (let k = 3; term > sum * 1e-18; k += 2) sum += term *= (a * a) / k;
    return 0.5 - density * sum;
  }
  let fraction = a;
  for (let k = 120; k >= 1; k--) fraction = a + k / fraction;
  return density / fraction;
}

const normal = (x: number): number => (x < 0 ? upperTail(-x) : 1 - upperTail(x));
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const inner = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluTanhSlope = (x: number): number => {
  const s = sigmoid(inner(x));
  return s + x * s * sigmoid(-inner(x)) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
};
/** tanh x − x without the loss of digits near 0. */
function tanhMinus(x: number): number {
  if (Math.abs(x) > 0.1) return Math.tanh(x) - x;
  return x ** 3 * (-1 / 3 + x * x * (2 / 15 + x * x * (-17 / 315 + x * x * (62 / 2835 + x * x * (-1382 / 155925)))));
}
/** tanh(log(1 + e^x)) = n ÷ (n + 2) with n = e^x·(e^x + 2), and its derivative. */
const mishInner = (x: number): number => {
  const n = Math.exp(x) * (Math.exp(x) + 2);
  return n / (n + 2);
};
const mishSlope = (x: number): number => {
  const n = Math.exp(x) * (Math.exp(x) + 2);
  return mishInner(x) + (x * 4 * Math.exp(x) * (1 + Math.exp(x))) / (n + 2) ** 2;
};

interface Row {
  readonly name: Name;
  readonly parameters?: readonly [number, number];
  readonly exact: (x: number) => number;
  readonly slope: (x: number) => number;
  /** Bounds in units of 2⁻²³: of the value, relative; of the slope, relative to the larger of it and `floor`. */
  readonly value: number;
  readonly gradient: number;
  /** Where a slope crosses 0 only its absolute error can be small. Default 0: relative everywhere. */
  readonly floor?: number;
  /** Where the sweep begins; it ends at 30. */
  readonly low: number;
}

const rows: readonly Row[] = [
  {
    name: 'elu',
    parameters: [1.5, 0],
    exact: (x) => (x > 0 ? x : 1.5 * Math.expm1(x)),
    slope: (x) => (x > 0 ? 1 : 1.5 * Math.exp(x)),
    value: 1.5,
    gradient: 1.5,
    low: -80,
  },
  {
    name: 'gelu',
    exact: (x) => x * normal(x),
    slope: (x) => normal(x) + x * density(x),
    value: 4,
    gradient: 9,
    floor: 0.1,
    low: -12,
  },
  {
    name: 'geluTanh',
    exact: (x) => x * sigmoid(inner(x)),
    slope: geluTanhSlope,
    value: 2,
    gradient: 9,
    floor: 0.1,
    low: -1,
  },
  {
    name: 'geluTanh',
    exact: (x) => x * sigmoid(inner(x)),
    slope: geluTanhSlope,
    value: 17,
    gradient: 9,
    floor: 0.1,
    low: -5,
  },
  {
    name: 'silu',
    exact: (x) => x * sigmoid(x),
    slope: (x) => sigmoid(x) * (1 + x * sigmoid(-x)),
    value: 2,
    gradient: 5,
    floor: 0.1,
    low: -80,
  },
  { name: 'mish', exact: (x) => x * mishInner(x), slope: mishSlope, value: 3, gradient: 5, floor: 0.1, low: -80 },
  {
    name: 'softplus',
    parameters: [1, 20],
    exact: (x) => (x > 20 ? x : softplus(x)),
    slope: (x) => (x > 20 ? 1 : sigmoid(x)),
    value: 1.5,
    gradient: 1.5,
    low: -80,
  },
  {
    name: 'softplus',
    parameters: [2, 20],
    exact: (x) => (2 * x > 20 ? x : softplus(2 * x) / 2),
    slope: (x) => (2 * x > 20 ? 1 : sigmoid(2 * x)),
    value: 1.5,
    gradient: 1.5,
    low: -20,
  },
  { name: 'logsigmoid', exact: (x) => -softplus(-x), slope: (x) => sigmoid(-x), value: 1.5, gradient: 1.5, low: -80 },
  {
    name: 'tanhshrink',
    exact: (x) => -tanhMinus(x),
    slope: (x) => Math.tanh(x) ** 2,
    value: 16,
    gradient: 3,
    low: -80,
  },
  {
    name: 'softsign',
    exact: (x) => x / (1 + Math.abs(x)),
    slope: (x) => 1 / (1 + Math.abs(x)) ** 2,
    value: 1.5,
    gradient: 2,
    low: -80,
  },
  {
    name: 'hardswish',
    exact: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    slope: (x) => (x > 3 ? 1 : x < -3 ? 0 : x / 3 + 0.5),
    value: 1.5,
    gradient: 2,
    floor: 0.1,
    low: -80,
  },
];

test.each(rows)('$name from $low keeps within its bounds, and so does its gradient', (row) => {
  const { low, parameters = [0, 0], floor = 0 } = row;
  for (const xs of [linear(low, 30), everyExponent(Math.min(-low, 30))]) {
    const { y, slope } = apply(row.name, xs, parameters);
    expect(worst(y, row.exact, xs, Math.abs)).toBeLessThanOrEqual(row.value);
    expect(worst(slope, row.slope, xs, (truth) => Math.max(Math.abs(truth), floor))).toBeLessThanOrEqual(row.gradient);
  }
});

test('every activation but the piecewise linear ones has a bound', () => {
  const linearOnes = ['leakyRelu', 'hardsigmoid', 'hardtanh', 'softshrink', 'hardshrink', 'threshold'];
  expect([...new Set(rows.map(({ name }) => name)), ...linearOnes].sort()).toEqual(Object.keys(activationOps).sort());
});

test('the tails of gelu do not lose their digits: x·Φ(x) down to the least normal numbers', () => {
  const xs = [-5, -9, -12, -12.9];
  apply('gelu', xs, [0, 0]).y.forEach((y, i) => {
    const truth = xs[i]! * normal(Math.fround(xs[i]!));
    expect(Math.abs(y / truth - 1)).toBeLessThan(1e-6);
  });
});

test('NaN stays NaN, and infinities end in the limits', () => {
  for (const name of Object.keys(activationOps) as Name[]) {
    expect(apply(name, [Number.NaN], [0.5, 2]).y[0], name).toBeNaN();
  }
  for (const name of ['gelu', 'geluTanh', 'silu', 'mish', 'hardswish', 'softplus'] as const) {
    const { y, slope } = apply(name, [Infinity, 200, 2 ** 100], [1, 20]);
    expect([...y, ...slope], name).toEqual([Infinity, 200, 2 ** 100, 1, 1, 1]);
    expect(Math.abs(apply(name, [-Infinity], [1, 20]).slope[0]!), name).toBe(0);
  }
  expect([...apply('elu', [-Infinity, -100], [2, 0]).y]).toEqual([-2, -2]);
  expect([...apply('softplus', [-Infinity], [1, 20]).y, ...apply('logsigmoid', [Infinity, -1e30], [0, 0]).y]).toEqual([
    0,
    0,
    Math.fround(-1e30),
  ]);
});

test('at kinks the gradient is PyTorch’s', () => {
  expect([...apply('leakyRelu', [0, -0, 1], [0.25, 0]).slope]).toEqual([0.25, 0.25, 1]);
  expect([...apply('elu', [0], [0.25, 0]).slope]).toEqual([0.25]);
  expect([...apply('hardtanh', [-1, 0, 2], [-1, 2]).slope]).toEqual([0, 1, 0]);
  expect([...apply('hardsigmoid', [-3, 3], [0, 0]).slope]).toEqual([0, 0]);
  expect([...apply('hardswish', [-3, 3], [0, 0]).slope]).toEqual([-0.5, 1.5]);
  expect([...apply('softshrink', [-0.5, 0.5, 0.75], [0.5, 0]).slope]).toEqual([0, 0, 1]);
  expect([...apply('threshold', [0.5, 0.75], [0.5, 9]).slope]).toEqual([0, 1]);
});

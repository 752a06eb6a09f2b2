/** Naive twins: elementwise operations and conversions. */
import { binaryOps, castOps, type Kernels, unaryOps } from '../signatures.ts';
import { cos, erf, expm1, log1p, log2, pow, sin } from './elementary.ts';
import { exp, log, selu, seluGrad, sigmoid, tanh } from './math.ts';
import { nearestEven64 } from './math64.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

const unaryByName: Record<keyof typeof unaryOps, (x: number) => number> = {
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  exp,
  log,
  sqrt: (x) => f(Math.sqrt(x)),
  square: (x) => f(x * x),
  tanh,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  reciprocal: (x) => f(1 / x),
  selu,
  floor: Math.floor,
  ceil: Math.ceil,
  round: nearestEven64,
  trunc: Math.trunc,
  rsqrt: (x) => f(1 / f(Math.sqrt(x))),
  isnan: (x) => (Number.isNaN(x) ? 1 : 0),
  isinf: (x) => (Math.abs(x) === Number.POSITIVE_INFINITY ? 1 : 0),
  isfinite: (x) => (Number.isFinite(x) ? 1 : 0),
  expm1,
  log1p,
  log2,
  sin,
  cos,
  erf,
};

const binaryByName: Record<keyof typeof binaryOps, (a: number, b: number) => number> = {
  add: (a, b) => f(a + b),
  sub: (a, b) => f(a - b),
  mul: (a, b) => f(a * b),
  div: (a, b) => f(a / b),
  rsub: (a, b) => f(b - a),
  rdiv: (a, b) => f(b / a),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  greater: (a, b) => (a > b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  wherePositive: (a, b) => (b > 0 ? a : 0),
  seluGrad,
  notEqual: (a, b) => (a !== b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  fmod: (a, b) => a % b,
  remainder(a, b) {
    const rest = a % b;
    return rest !== 0 && b < 0 !== rest < 0 ? f(rest + b) : rest;
  },
  pow,
};

/** The functions of a table of operations, in the order of their numbers. */
export function byNumber<Name extends string, Op>(
  ops: Record<Name, number>,
  functions: Record<Name, Op>,
): readonly Op[] {
  const names = Object.keys(ops) as Name[];
  return names.sort((a, b) => ops[a] - ops[b]).map((name) => functions[name]);
}

const unaryFunctions = byNumber(unaryOps, unaryByName);
const binaryFunctions = byNumber(binaryOps, binaryByName);

export function elementwiseTwins(
  views: Views,
): Pick<Kernels, 'unary' | 'binary' | 'binaryPeriodic' | 'select' | 'cast'> {
  return {
    unary(op, x, out, n) {
      const { f32 } = views;
      for (let i = 0; i < n; i++) f32[word(out) + i] = unaryFunctions[op]!(f32[word(x) + i]!);
    },
    binary(op, a, b, out, n) {
      const { f32 } = views;
      for (let i = 0; i < n; i++) f32[word(out) + i] = binaryFunctions[op]!(f32[word(a) + i]!, f32[word(b) + i]!);
    },
    binaryPeriodic(op, a, b, out, n, period) {
      const { f32 } = views;
      for (let i = 0; i < n; i++) {
        f32[word(out) + i] = binaryFunctions[op]!(f32[word(a) + i]!, f32[word(b) + (i % period)]!);
      }
    },
    select(condition, a, aStride, b, bStride, out, n) {
      const { f32, i32 } = views;
      for (let i = 0; i < n; i++) {
        const from = f32[word(condition) + i] !== 0 ? a + i * aStride : b + i * bStride;
        i32[word(out) + i] = i32[word(from)]!;
      }
    },
    cast(op, x, out, n) {
      const { f32, i32, u8 } = views;
      for (let i = 0; i < n; i++) {
        if (op === castOps.i32ToF32) f32[word(out) + i] = i32[word(x) + i]!;
        else if (op === castOps.u8ToF32) f32[word(out) + i] = u8[x + i]!;
        else i32[word(out) + i] = saturate(f32[word(x) + i]!);
      }
    },
  };
}

/** Truncates towards zero; beyond the range of i32 its nearest end, NaN → 0. */
function saturate(x: number): number {
  if (Number.isNaN(x)) return 0;
  return Math.trunc(Math.min(Math.max(x, -2147483648), 2147483647));
}

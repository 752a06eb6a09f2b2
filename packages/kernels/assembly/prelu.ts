// PReLU (He et al. 2015) on [rows][channels][inner] floats, one slope a channel. `=`; out may be x, dx may be dy or x.
import { highHalf, joinHalves, lowHalf } from './batch-norm';
import { choose, storeLanes } from './lanes';

/** v where x > 0, else v · slope. */
// @ts-ignore: decorator
@inline
function bent(x: v128, v: v128, slope: v128): v128 {
  return choose(f32x4.gt(x, f32x4.splat(0)), v, f32x4.mul(v, slope));
}

/** n floats under slopes that lie side by side. */
// @ts-ignore: decorator
@inline
function besideSlopes(x: usize, v: usize, slope: usize, out: usize, n: i32): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, bent(v128.load(x + i), v128.load(v + i), v128.load(slope + i)));
  if (n & 3) storeLanes(out + i, bent(v128.load(x + i), v128.load(v + i), v128.load(slope + i)), n & 3);
}

/** n floats under one slope. */
// @ts-ignore: decorator
@inline
function underOne(x: usize, v: usize, slope: v128, out: usize, n: i32): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, bent(v128.load(x + i), v128.load(v + i), slope));
  if (n & 3) storeLanes(out + i, bent(v128.load(x + i), v128.load(v + i), slope), n & 3);
}

function bendAll(x: usize, v: usize, slope: usize, out: usize, rows: i32, channels: i32, inner: i32): void {
  const runBytes = <usize>(inner == 1 ? channels : inner) << 2;
  const runs = inner == 1 ? rows : rows * channels;
  let c = 0;
  for (let r = 0; r < runs; r++) {
    if (inner == 1) besideSlopes(x, v, slope, out, channels);
    else {
      underOne(x, v, v128.load32_splat(slope + (<usize>c << 2)), out, inner);
      c = c + 1 == channels ? 0 : c + 1;
    }
    x += runBytes;
    v += runBytes;
    out += runBytes;
  }
}

export function prelu(x: usize, slope: usize, out: usize, rows: i32, channels: i32, inner: i32): void {
  bendAll(x, x, slope, out, rows, channels, inner);
}

export function preluGrad(
  dy: usize, x: usize, slope: usize, dx: usize, rows: i32, channels: i32, inner: i32,
): void {
  bendAll(x, dy, slope, dx, rows, channels, inner);
}

/** Sums of four channels of one sample, whose pixels are `rowBytes` apart. */
// @ts-ignore: decorator
@inline
function sumsOfFour(dy: usize, x: usize, out: usize, rows: i32, rowBytes: usize, lanes: i32): void {
  let s0 = f64x2.splat(0), s1 = s0;
  for (let r = 0; r < rows; r++) {
    const v = v128.load(x);
    const positive = f32x4.gt(v, f32x4.splat(0));
    // Both factors become +0, so that an infinite one cannot make a NaN of what is left out.
    const a = v128.andnot(v, positive), g = v128.andnot(v128.load(dy), positive);
    s0 = f64x2.add(s0, f64x2.mul(lowHalf(g), lowHalf(a)));
    s1 = f64x2.add(s1, f64x2.mul(highHalf(g), highHalf(a)));
    dy += rowBytes;
    x += rowBytes;
  }
  storeLanes(out, joinHalves(s0, s1), lanes);
}

/** The sum of one channel, whose values of a row are contiguous. */
// @ts-ignore: decorator
@inline
function sumOfOne(dy: usize, x: usize, rows: i32, inner: i32, rowBytes: usize): f32 {
  let sum: f64 = 0;
  for (let r = 0; r < rows; r++) {
    for (let i: usize = 0; i < <usize>inner << 2; i += 4) {
      const v = load<f32>(x + i);
      if (!(v > 0)) sum += <f64>load<f32>(dy + i) * <f64>v;
    }
    dy += rowBytes;
    x += rowBytes;
  }
  return <f32>sum;
}

export function preluGradSums(
  dy: usize, x: usize, out: usize, samples: i32, rows: i32, channels: i32, inner: i32,
): void {
  const rowBytes = (<usize>channels * <usize>inner) << 2;
  for (let s = 0; s < samples; s++) {
    for (let c = 0; c < channels; ) {
      const first = (<usize>c * <usize>inner) << 2;
      if (inner == 1) {
        sumsOfFour(dy + first, x + first, out + (<usize>c << 2), rows, rowBytes, channels - c);
        c += 4;
      } else {
        store<f32>(out + (<usize>c << 2), sumOfOne(dy + first, x + first, rows, inner, rowBytes));
        c++;
      }
    }
    dy += <usize>rows * rowBytes;
    x += <usize>rows * rowBytes;
    out += <usize>channels << 2;
  }
}

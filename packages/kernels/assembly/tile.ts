// The micro-kernels of `gemmRows` and `convRows`: rows × one panel of 16 columns, accumulated in registers. Both
// tiles give each element the same order: taps, then k ascending, from +0, a product rounded before it is added, the
// bias last. Keep them free of branches inside k: the revectorizer merges neighbouring v128 columns only in straight
// code.
import { copyFloats } from './lanes';

// @ts-ignore: decorator
@inline
function source(base: usize, offset: i32, zeros: usize): usize {
  return select<usize>(zeros, base + <usize>offset, offset < 0);
}

/**
 * Four rows × 16 columns: out[r][l] = Σ_t Σ_k x(r, t)[k] · w[t·k + k][l] (+ bias[l]), 16 accumulators, k unrolled by
 * two. `offsets`: i32 [rows][taps], row r's tap t starts at base + offset; a negative offset reads `zeros` instead.
 */
export function tile4(
  base: usize, offsets: usize, taps: i32, k: i32, w: usize, bias: usize, out: usize, outRowStride: usize,
  columns: i32, zeros: usize, tmp: usize,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0), c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0), c32 = f32x4.splat(0), c33 = f32x4.splat(0);
  const offsetRowStride = <usize>taps << 2;
  for (let t = 0; t < taps; t++) {
    let x0 = source(base, load<i32>(offsets), zeros);
    let x1 = source(base, load<i32>(offsets + offsetRowStride), zeros);
    let x2 = source(base, load<i32>(offsets + 2 * offsetRowStride), zeros);
    let x3 = source(base, load<i32>(offsets + 3 * offsetRowStride), zeros);
    offsets += 4;
    const evenEnd = w + (<usize>(k & ~1) << 6);
    while (w < evenEnd) {
      {
        const b0 = v128.load(w, 0);
        const b1 = v128.load(w, 16);
        const b2 = v128.load(w, 32);
        const b3 = v128.load(w, 48);
        const a0 = v128.load32_splat(x0, 0);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
        const a1 = v128.load32_splat(x1, 0);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        c12 = f32x4.add(c12, f32x4.mul(a1, b2));
        c13 = f32x4.add(c13, f32x4.mul(a1, b3));
        const a2 = v128.load32_splat(x2, 0);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        c22 = f32x4.add(c22, f32x4.mul(a2, b2));
        c23 = f32x4.add(c23, f32x4.mul(a2, b3));
        const a3 = v128.load32_splat(x3, 0);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        c32 = f32x4.add(c32, f32x4.mul(a3, b2));
        c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      }
      {
        const b0 = v128.load(w, 64);
        const b1 = v128.load(w, 80);
        const b2 = v128.load(w, 96);
        const b3 = v128.load(w, 112);
        const a0 = v128.load32_splat(x0, 4);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
        const a1 = v128.load32_splat(x1, 4);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        c12 = f32x4.add(c12, f32x4.mul(a1, b2));
        c13 = f32x4.add(c13, f32x4.mul(a1, b3));
        const a2 = v128.load32_splat(x2, 4);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        c22 = f32x4.add(c22, f32x4.mul(a2, b2));
        c23 = f32x4.add(c23, f32x4.mul(a2, b3));
        const a3 = v128.load32_splat(x3, 4);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        c32 = f32x4.add(c32, f32x4.mul(a3, b2));
        c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      }
      x0 += 8;
      x1 += 8;
      x2 += 8;
      x3 += 8;
      w += 128;
    }
    if (k & 1) {
      const b0 = v128.load(w, 0);
      const b1 = v128.load(w, 16);
      const b2 = v128.load(w, 32);
      const b3 = v128.load(w, 48);
      const a0 = v128.load32_splat(x0, 0);
      c00 = f32x4.add(c00, f32x4.mul(a0, b0));
      c01 = f32x4.add(c01, f32x4.mul(a0, b1));
      c02 = f32x4.add(c02, f32x4.mul(a0, b2));
      c03 = f32x4.add(c03, f32x4.mul(a0, b3));
      const a1 = v128.load32_splat(x1, 0);
      c10 = f32x4.add(c10, f32x4.mul(a1, b0));
      c11 = f32x4.add(c11, f32x4.mul(a1, b1));
      c12 = f32x4.add(c12, f32x4.mul(a1, b2));
      c13 = f32x4.add(c13, f32x4.mul(a1, b3));
      const a2 = v128.load32_splat(x2, 0);
      c20 = f32x4.add(c20, f32x4.mul(a2, b0));
      c21 = f32x4.add(c21, f32x4.mul(a2, b1));
      c22 = f32x4.add(c22, f32x4.mul(a2, b2));
      c23 = f32x4.add(c23, f32x4.mul(a2, b3));
      const a3 = v128.load32_splat(x3, 0);
      c30 = f32x4.add(c30, f32x4.mul(a3, b0));
      c31 = f32x4.add(c31, f32x4.mul(a3, b1));
      c32 = f32x4.add(c32, f32x4.mul(a3, b2));
      c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      w += 64;
    }
  }
  if (bias) {
    const b0 = v128.load(bias, 0);
    const b1 = v128.load(bias, 16);
    const b2 = v128.load(bias, 32);
    const b3 = v128.load(bias, 48);
    c00 = f32x4.add(c00, b0);
    c01 = f32x4.add(c01, b1);
    c02 = f32x4.add(c02, b2);
    c03 = f32x4.add(c03, b3);
    c10 = f32x4.add(c10, b0);
    c11 = f32x4.add(c11, b1);
    c12 = f32x4.add(c12, b2);
    c13 = f32x4.add(c13, b3);
    c20 = f32x4.add(c20, b0);
    c21 = f32x4.add(c21, b1);
    c22 = f32x4.add(c22, b2);
    c23 = f32x4.add(c23, b3);
    c30 = f32x4.add(c30, b0);
    c31 = f32x4.add(c31, b1);
    c32 = f32x4.add(c32, b2);
    c33 = f32x4.add(c33, b3);
  }
  const whole = columns >= 16;
  const to = whole ? out : tmp;
  const toStride = whole ? outRowStride : 64;
  const to1 = to + toStride;
  const to2 = to + 2 * toStride;
  const to3 = to + 3 * toStride;
  v128.store(to, c00);
  v128.store(to, c01, 16);
  v128.store(to, c02, 32);
  v128.store(to, c03, 48);
  v128.store(to1, c10);
  v128.store(to1, c11, 16);
  v128.store(to1, c12, 32);
  v128.store(to1, c13, 48);
  v128.store(to2, c20);
  v128.store(to2, c21, 16);
  v128.store(to2, c22, 32);
  v128.store(to2, c23, 48);
  v128.store(to3, c30);
  v128.store(to3, c31, 16);
  v128.store(to3, c32, 32);
  v128.store(to3, c33, 48);
  if (!whole) for (let r: usize = 0; r < 4; r++) copyFloats(tmp + (r << 6), out + r * outRowStride, columns);
}

/**
 * One row × 16 columns: out[r][l] = Σ_t Σ_k x(r, t)[k] · w[t·k + k][l] (+ bias[l]), k unrolled by two.
 * `offsets`: i32 [rows][taps], row r's tap t starts at base + offset; a negative offset reads `zeros` instead.
 */
export function tile1(
  base: usize, offsets: usize, taps: i32, k: i32, w: usize, bias: usize, out: usize, outRowStride: usize,
  columns: i32, zeros: usize, tmp: usize,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  for (let t = 0; t < taps; t++) {
    let x0 = source(base, load<i32>(offsets), zeros);
    offsets += 4;
    const evenEnd = w + (<usize>(k & ~1) << 6);
    while (w < evenEnd) {
      {
        const b0 = v128.load(w, 0);
        const b1 = v128.load(w, 16);
        const b2 = v128.load(w, 32);
        const b3 = v128.load(w, 48);
        const a0 = v128.load32_splat(x0, 0);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
      }
      {
        const b0 = v128.load(w, 64);
        const b1 = v128.load(w, 80);
        const b2 = v128.load(w, 96);
        const b3 = v128.load(w, 112);
        const a0 = v128.load32_splat(x0, 4);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
      }
      x0 += 8;
      w += 128;
    }
    if (k & 1) {
      const b0 = v128.load(w, 0);
      const b1 = v128.load(w, 16);
      const b2 = v128.load(w, 32);
      const b3 = v128.load(w, 48);
      const a0 = v128.load32_splat(x0, 0);
      c00 = f32x4.add(c00, f32x4.mul(a0, b0));
      c01 = f32x4.add(c01, f32x4.mul(a0, b1));
      c02 = f32x4.add(c02, f32x4.mul(a0, b2));
      c03 = f32x4.add(c03, f32x4.mul(a0, b3));
      w += 64;
    }
  }
  if (bias) {
    const b0 = v128.load(bias, 0);
    const b1 = v128.load(bias, 16);
    const b2 = v128.load(bias, 32);
    const b3 = v128.load(bias, 48);
    c00 = f32x4.add(c00, b0);
    c01 = f32x4.add(c01, b1);
    c02 = f32x4.add(c02, b2);
    c03 = f32x4.add(c03, b3);
  }
  const whole = columns >= 16;
  const to = whole ? out : tmp;
  v128.store(to, c00);
  v128.store(to, c01, 16);
  v128.store(to, c02, 32);
  v128.store(to, c03, 48);
  if (!whole) copyFloats(tmp, out, columns);
}

// The sums of `poolConvWeightGradient`: a slice of a kernel row of x, weighted by the gradients of one column's list
// and added to the running totals. Loads may pass the end of the slice, stores never do.
import { addFloats } from './pool-conv-grad-narrow';

/** One kernel row, up to 48 floats: out[i] += Σ value · x[offset][i], i < width. */
export function add48(
  list: usize, end: usize, offsetsAt: usize, x: usize, width: i32, out: usize, tile: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  let c8 = f32x4.splat(0), c9 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  while (list < end) {
    const value = v128.load32_splat(list);
    const from = x + load<usize>(list + offsetsAt);
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(from, 0)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(from, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(from, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(from, 48)));
    c4 = f32x4.add(c4, f32x4.mul(value, v128.load(from, 64)));
    c5 = f32x4.add(c5, f32x4.mul(value, v128.load(from, 80)));
    c6 = f32x4.add(c6, f32x4.mul(value, v128.load(from, 96)));
    c7 = f32x4.add(c7, f32x4.mul(value, v128.load(from, 112)));
    c8 = f32x4.add(c8, f32x4.mul(value, v128.load(from, 128)));
    c9 = f32x4.add(c9, f32x4.mul(value, v128.load(from, 144)));
    c10 = f32x4.add(c10, f32x4.mul(value, v128.load(from, 160)));
    c11 = f32x4.add(c11, f32x4.mul(value, v128.load(from, 176)));
    list += 4;
  }
  if (width >= 48) {
    c0 = f32x4.add(v128.load(out, 0), c0);
    c1 = f32x4.add(v128.load(out, 16), c1);
    c2 = f32x4.add(v128.load(out, 32), c2);
    c3 = f32x4.add(v128.load(out, 48), c3);
    c4 = f32x4.add(v128.load(out, 64), c4);
    c5 = f32x4.add(v128.load(out, 80), c5);
    c6 = f32x4.add(v128.load(out, 96), c6);
    c7 = f32x4.add(v128.load(out, 112), c7);
    c8 = f32x4.add(v128.load(out, 128), c8);
    c9 = f32x4.add(v128.load(out, 144), c9);
    c10 = f32x4.add(v128.load(out, 160), c10);
    c11 = f32x4.add(v128.load(out, 176), c11);
    v128.store(out, c0, 0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
    v128.store(out, c4, 64);
    v128.store(out, c5, 80);
    v128.store(out, c6, 96);
    v128.store(out, c7, 112);
    v128.store(out, c8, 128);
    v128.store(out, c9, 144);
    v128.store(out, c10, 160);
    v128.store(out, c11, 176);
    return;
  }
  v128.store(tile, c0, 0);
  v128.store(tile, c1, 16);
  v128.store(tile, c2, 32);
  v128.store(tile, c3, 48);
  v128.store(tile, c4, 64);
  v128.store(tile, c5, 80);
  v128.store(tile, c6, 96);
  v128.store(tile, c7, 112);
  v128.store(tile, c8, 128);
  v128.store(tile, c9, 144);
  v128.store(tile, c10, 160);
  v128.store(tile, c11, 176);
  addFloats(tile, out, width);
}

/** The same, up to 32 floats. */
export function add32(
  list: usize, end: usize, offsetsAt: usize, x: usize, width: i32, out: usize, tile: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  while (list < end) {
    const value = v128.load32_splat(list);
    const from = x + load<usize>(list + offsetsAt);
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(from, 0)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(from, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(from, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(from, 48)));
    c4 = f32x4.add(c4, f32x4.mul(value, v128.load(from, 64)));
    c5 = f32x4.add(c5, f32x4.mul(value, v128.load(from, 80)));
    c6 = f32x4.add(c6, f32x4.mul(value, v128.load(from, 96)));
    c7 = f32x4.add(c7, f32x4.mul(value, v128.load(from, 112)));
    list += 4;
  }
  if (width >= 32) {
    c0 = f32x4.add(v128.load(out, 0), c0);
    c1 = f32x4.add(v128.load(out, 16), c1);
    c2 = f32x4.add(v128.load(out, 32), c2);
    c3 = f32x4.add(v128.load(out, 48), c3);
    c4 = f32x4.add(v128.load(out, 64), c4);
    c5 = f32x4.add(v128.load(out, 80), c5);
    c6 = f32x4.add(v128.load(out, 96), c6);
    c7 = f32x4.add(v128.load(out, 112), c7);
    v128.store(out, c0, 0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
    v128.store(out, c4, 64);
    v128.store(out, c5, 80);
    v128.store(out, c6, 96);
    v128.store(out, c7, 112);
    return;
  }
  v128.store(tile, c0, 0);
  v128.store(tile, c1, 16);
  v128.store(tile, c2, 32);
  v128.store(tile, c3, 48);
  v128.store(tile, c4, 64);
  v128.store(tile, c5, 80);
  v128.store(tile, c6, 96);
  v128.store(tile, c7, 112);
  addFloats(tile, out, width);
}

/** The same, up to 16 floats. */
export function add16(
  list: usize, end: usize, offsetsAt: usize, x: usize, width: i32, out: usize, tile: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  while (list < end) {
    const value = v128.load32_splat(list);
    const from = x + load<usize>(list + offsetsAt);
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(from, 0)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(from, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(from, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(from, 48)));
    list += 4;
  }
  if (width >= 16) {
    c0 = f32x4.add(v128.load(out, 0), c0);
    c1 = f32x4.add(v128.load(out, 16), c1);
    c2 = f32x4.add(v128.load(out, 32), c2);
    c3 = f32x4.add(v128.load(out, 48), c3);
    v128.store(out, c0, 0);
    v128.store(out, c1, 16);
    v128.store(out, c2, 32);
    v128.store(out, c3, 48);
    return;
  }
  v128.store(tile, c0, 0);
  v128.store(tile, c1, 16);
  v128.store(tile, c2, 32);
  v128.store(tile, c3, 48);
  addFloats(tile, out, width);
}

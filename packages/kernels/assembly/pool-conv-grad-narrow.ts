// The sums of `poolConvWeightGradient` where little of a kernel row is left, as in a network's first layer: up to three
// kernel rows at once.

/** out[i] += tile[i], i < n. */
export function addFloats(tile: usize, out: usize, n: i32): void {
  for (; n >= 4; n -= 4) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(tile)));
    out += 16;
    tile += 16;
  }
  for (; n > 0; n--) {
    store<f32>(out, load<f32>(out) + load<f32>(tile));
    out += 4;
    tile += 4;
  }
}

/**
 * Up to three kernel rows (`rows`), up to 12 floats of each: out[t·kRow + i] += Σ value · x[offset + t·xRowBytes][i],
 * i < width. Rows beyond `rows` read the first one again.
 */
export function addNarrow(
  list: usize, end: usize, offsetsAt: usize, x: usize, xRowBytes: usize, rows: i32, width: i32, kRow: i32, out: usize,
  tile: usize,
): void {
  const second = rows > 1 ? xRowBytes : 0;
  const third = rows > 2 ? 2 * xRowBytes : 0;
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  let c8 = f32x4.splat(0);
  while (list < end) {
    const value = v128.load32_splat(list);
    const from = x + load<usize>(list + offsetsAt);
    const from1 = from + second;
    const from2 = from + third;
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(from, 0)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(from, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(from, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(from1, 0)));
    c4 = f32x4.add(c4, f32x4.mul(value, v128.load(from1, 16)));
    c5 = f32x4.add(c5, f32x4.mul(value, v128.load(from1, 32)));
    c6 = f32x4.add(c6, f32x4.mul(value, v128.load(from2, 0)));
    c7 = f32x4.add(c7, f32x4.mul(value, v128.load(from2, 16)));
    c8 = f32x4.add(c8, f32x4.mul(value, v128.load(from2, 32)));
    list += 4;
  }
  v128.store(tile, c0, 0);
  v128.store(tile, c1, 16);
  v128.store(tile, c2, 32);
  v128.store(tile, c3, 64);
  v128.store(tile, c4, 80);
  v128.store(tile, c5, 96);
  v128.store(tile, c6, 128);
  v128.store(tile, c7, 144);
  v128.store(tile, c8, 160);
  for (let t: usize = 0; t < <usize>rows; t++) {
    addFloats(tile + (t << 6), out + ((t * <usize>kRow) << 2), width);
  }
}

// The sums of `poolConvInputGradient`: one tap × one or two panels of 16 columns over the rows of a few samples, added
// to what stands in `out`.

/**
 * One tap × two panels: out[s][r][0…32) += Σ value · weights[offset] over the list of the pixel in the table. `column`:
 * the table's word of the tap for the first row; the next rows' words are `taps` words apart.
 */
export function addPair(
  column: usize, taps: i32, ranges: usize, rangesBytes: usize, offsetsAt: usize, weights: usize, panelStride: usize,
  out: usize, outSampleStride: usize, outRowStride: usize, samples: i32, rows: i32,
): void {
  for (let s = 0; s < samples; s++) {
    let entry = column;
    let row = out;
    for (let r = 0; r < rows; r++) {
      const pixel = load<i32>(entry);
      let item = pixel < 0 ? 0 : load<usize>(ranges + (<usize>pixel << 3));
      const end = pixel < 0 ? 0 : load<usize>(ranges + (<usize>pixel << 3), 4);
      if (item < end) {
        let c0 = v128.load(row), c1 = v128.load(row, 16), c2 = v128.load(row, 32), c3 = v128.load(row, 48);
        let c4 = v128.load(row, 64), c5 = v128.load(row, 80), c6 = v128.load(row, 96), c7 = v128.load(row, 112);
        do {
          const value = v128.load32_splat(item);
          const a = weights + load<usize>(item + offsetsAt);
          const b = a + panelStride;
          c0 = f32x4.add(c0, f32x4.mul(value, v128.load(a)));
          c1 = f32x4.add(c1, f32x4.mul(value, v128.load(a, 16)));
          c2 = f32x4.add(c2, f32x4.mul(value, v128.load(a, 32)));
          c3 = f32x4.add(c3, f32x4.mul(value, v128.load(a, 48)));
          c4 = f32x4.add(c4, f32x4.mul(value, v128.load(b)));
          c5 = f32x4.add(c5, f32x4.mul(value, v128.load(b, 16)));
          c6 = f32x4.add(c6, f32x4.mul(value, v128.load(b, 32)));
          c7 = f32x4.add(c7, f32x4.mul(value, v128.load(b, 48)));
          item += 4;
        } while (item < end);
        v128.store(row, c0);
        v128.store(row, c1, 16);
        v128.store(row, c2, 32);
        v128.store(row, c3, 48);
        v128.store(row, c4, 64);
        v128.store(row, c5, 80);
        v128.store(row, c6, 96);
        v128.store(row, c7, 112);
      }
      entry += <usize>taps << 2;
      row += outRowStride;
    }
    ranges += rangesBytes;
    out += outSampleStride;
  }
}

/** The same for one panel. */
export function addPanel(
  column: usize, taps: i32, ranges: usize, rangesBytes: usize, offsetsAt: usize, weights: usize, out: usize,
  outSampleStride: usize, outRowStride: usize, samples: i32, rows: i32,
): void {
  for (let s = 0; s < samples; s++) {
    let entry = column;
    let row = out;
    for (let r = 0; r < rows; r++) {
      const pixel = load<i32>(entry);
      let item = pixel < 0 ? 0 : load<usize>(ranges + (<usize>pixel << 3));
      const end = pixel < 0 ? 0 : load<usize>(ranges + (<usize>pixel << 3), 4);
      if (item < end) {
        let c0 = v128.load(row), c1 = v128.load(row, 16), c2 = v128.load(row, 32), c3 = v128.load(row, 48);
        do {
          const value = v128.load32_splat(item);
          const a = weights + load<usize>(item + offsetsAt);
          c0 = f32x4.add(c0, f32x4.mul(value, v128.load(a)));
          c1 = f32x4.add(c1, f32x4.mul(value, v128.load(a, 16)));
          c2 = f32x4.add(c2, f32x4.mul(value, v128.load(a, 32)));
          c3 = f32x4.add(c3, f32x4.mul(value, v128.load(a, 48)));
          item += 4;
        } while (item < end);
        v128.store(row, c0);
        v128.store(row, c1, 16);
        v128.store(row, c2, 32);
        v128.store(row, c3, 48);
      }
      entry += <usize>taps << 2;
      row += outRowStride;
    }
    ranges += rangesBytes;
    out += outSampleStride;
  }
}

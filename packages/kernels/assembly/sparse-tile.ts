// The micro-kernels of the sparse products: lists of nonzero elements × one or two panels of 16 columns. Each element
// sums taps, then entries in the order of their list, from +0, a product rounded before it is added, the bias last:
// what tile.ts does, less the zeros, whose products ±0 cannot change a sum that began at +0. An entry costs one splat,
// one offset and a load per vector; straight code over neighbouring vectors, for the revectorizer. Lists come in fours
// (sparse-list.ts): how often a loop runs is as good as random, and every further loop would be mispredicted once more.
import { copyFloats } from './lanes';

/**
 * One row × 32 columns, the second sixteen of which read their weights `panelStride` bytes after the first:
 * out[l] = Σ_t Σ_e value(e) · w[t·tapStride + offset(e)][l] (+ bias[l]) over the entries e of the list that tap t names.
 * `rowOfTap`: i32 [taps] numbers of lists, negative = none. Writes the first `columns` ≤ 32; a ragged row by way of `tmp`.
 */
export function sparse8(
  counts: usize, lists: usize, half: usize, rowOfTap: usize, taps: i32, w: usize, panelStride: usize, tapStride: usize,
  bias: usize, out: usize, columns: i32, tmp: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  for (let t = 0; t < taps; t++) {
    const row = load<i32>(rowOfTap + (<usize>t << 2));
    if (row >= 0) {
      const next = w + panelStride;
      let list = lists + <usize>row * (half << 1);
      const end = list + (load<u32>(counts + (<usize>row << 2)) << 2);
      while (list < end) {
        {
          const a = v128.load32_splat(list, 0);
          const offset = load<u32>(list + half, 0);
          const p0 = w + offset;
          const p1 = next + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
          c4 = f32x4.add(c4, f32x4.mul(a, v128.load(p1, 0)));
          c5 = f32x4.add(c5, f32x4.mul(a, v128.load(p1, 16)));
          c6 = f32x4.add(c6, f32x4.mul(a, v128.load(p1, 32)));
          c7 = f32x4.add(c7, f32x4.mul(a, v128.load(p1, 48)));
        }
        {
          const a = v128.load32_splat(list, 4);
          const offset = load<u32>(list + half, 4);
          const p0 = w + offset;
          const p1 = next + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
          c4 = f32x4.add(c4, f32x4.mul(a, v128.load(p1, 0)));
          c5 = f32x4.add(c5, f32x4.mul(a, v128.load(p1, 16)));
          c6 = f32x4.add(c6, f32x4.mul(a, v128.load(p1, 32)));
          c7 = f32x4.add(c7, f32x4.mul(a, v128.load(p1, 48)));
        }
        {
          const a = v128.load32_splat(list, 8);
          const offset = load<u32>(list + half, 8);
          const p0 = w + offset;
          const p1 = next + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
          c4 = f32x4.add(c4, f32x4.mul(a, v128.load(p1, 0)));
          c5 = f32x4.add(c5, f32x4.mul(a, v128.load(p1, 16)));
          c6 = f32x4.add(c6, f32x4.mul(a, v128.load(p1, 32)));
          c7 = f32x4.add(c7, f32x4.mul(a, v128.load(p1, 48)));
        }
        {
          const a = v128.load32_splat(list, 12);
          const offset = load<u32>(list + half, 12);
          const p0 = w + offset;
          const p1 = next + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
          c4 = f32x4.add(c4, f32x4.mul(a, v128.load(p1, 0)));
          c5 = f32x4.add(c5, f32x4.mul(a, v128.load(p1, 16)));
          c6 = f32x4.add(c6, f32x4.mul(a, v128.load(p1, 32)));
          c7 = f32x4.add(c7, f32x4.mul(a, v128.load(p1, 48)));
        }
        list += 16;
      }
    }
    w += tapStride;
  }
  if (bias) {
    const b0 = v128.load(bias, 0);
    const b1 = v128.load(bias, 16);
    const b2 = v128.load(bias, 32);
    const b3 = v128.load(bias, 48);
    const b4 = v128.load(bias, 64);
    const b5 = v128.load(bias, 80);
    const b6 = v128.load(bias, 96);
    const b7 = v128.load(bias, 112);
    c0 = f32x4.add(c0, b0);
    c1 = f32x4.add(c1, b1);
    c2 = f32x4.add(c2, b2);
    c3 = f32x4.add(c3, b3);
    c4 = f32x4.add(c4, b4);
    c5 = f32x4.add(c5, b5);
    c6 = f32x4.add(c6, b6);
    c7 = f32x4.add(c7, b7);
  }
  const whole = columns >= 32;
  const to = whole ? out : tmp;
  v128.store(to, c0, 0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
  v128.store(to, c4, 64);
  v128.store(to, c5, 80);
  v128.store(to, c6, 96);
  v128.store(to, c7, 112);
  if (!whole) copyFloats(tmp, out, columns);
}

/** The same for up to 16 columns, of one panel. */
export function sparse4(
  counts: usize, lists: usize, half: usize, rowOfTap: usize, taps: i32, w: usize, tapStride: usize,
  bias: usize, out: usize, columns: i32, tmp: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  for (let t = 0; t < taps; t++) {
    const row = load<i32>(rowOfTap + (<usize>t << 2));
    if (row >= 0) {
      let list = lists + <usize>row * (half << 1);
      const end = list + (load<u32>(counts + (<usize>row << 2)) << 2);
      while (list < end) {
        {
          const a = v128.load32_splat(list, 0);
          const offset = load<u32>(list + half, 0);
          const p0 = w + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
        }
        {
          const a = v128.load32_splat(list, 4);
          const offset = load<u32>(list + half, 4);
          const p0 = w + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
        }
        {
          const a = v128.load32_splat(list, 8);
          const offset = load<u32>(list + half, 8);
          const p0 = w + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
        }
        {
          const a = v128.load32_splat(list, 12);
          const offset = load<u32>(list + half, 12);
          const p0 = w + offset;
          c0 = f32x4.add(c0, f32x4.mul(a, v128.load(p0, 0)));
          c1 = f32x4.add(c1, f32x4.mul(a, v128.load(p0, 16)));
          c2 = f32x4.add(c2, f32x4.mul(a, v128.load(p0, 32)));
          c3 = f32x4.add(c3, f32x4.mul(a, v128.load(p0, 48)));
        }
        list += 16;
      }
    }
    w += tapStride;
  }
  if (bias) {
    const b0 = v128.load(bias, 0);
    const b1 = v128.load(bias, 16);
    const b2 = v128.load(bias, 32);
    const b3 = v128.load(bias, 48);
    c0 = f32x4.add(c0, b0);
    c1 = f32x4.add(c1, b1);
    c2 = f32x4.add(c2, b2);
    c3 = f32x4.add(c3, b3);
  }
  const whole = columns >= 16;
  const to = whole ? out : tmp;
  v128.store(to, c0, 0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
  if (!whole) copyFloats(tmp, out, columns);
}

// Outer products over rows, the gradient of weights, where dy holds many exact zeros. `=`, no overlap. Per chunk of
// samples each column of dy becomes a list of its nonzero elements with the byte offsets of their rows of x; a tile is
// one column × 32 neighbouring floats of x. The running total of a tile lives in `out` between chunks: it is what the
// micro-kernel adds last, as it adds a bias. Where things lie in the scratch `lists`: sparse-list.ts. Behind the lists is
// room for one slice of x, 128 bytes a row: the rows of a linear layer are often a power of two apart and would evict
// each other from the first-level cache, so their slices are copied together.
import { append, countsOf, finish, halfOf, listsOf, nonzeroMask, tileOf, wordOf, writeLeftPack } from './sparse-list';
import { sparse4, sparse8 } from './sparse-tile';

export function outerRowsSparse(
  x: usize, xSampleStride: usize, rowOffsets: usize, tapOffsets: usize, taps: i32, k: i32, dy: usize,
  dySampleStride: usize, dyRowStride: usize, samples: i32, rows: i32, n: i32, chunkSamples: i32, out: usize,
  outColumnStride: usize, lists: usize, continued: i32,
): void {
  if (samples == 0) {
    for (let l = 0; l < n && !continued; l++) memory.fill(out + <usize>l * outColumnStride, 0, (<usize>taps * <usize>k) << 2);
    return;
  }
  const linear = rows == 1;
  const half = halfOf(min(chunkSamples, samples) * rows);
  for (let s = 0; s < samples; s += chunkSamples) {
    const count = min(chunkSamples, samples - s);
    const dys = dy + <usize>s * dySampleStride;
    let xs = x + <usize>s * xSampleStride;
    writeLeftPack(lists);
    if (linear) {
      // The samples are walked as the rows of one sample, in the copied slice.
      xs += load<u32>(rowOffsets);
      for (let l = 0; l < n; l += 4) list4(dys, 0, dySampleStride, 1, count, 0, 0, l, n, half, lists);
    } else {
      for (let l = 0; l < n; l += 4) {
        list4(dys, dySampleStride, dyRowStride, count, rows, rowOffsets, xSampleStride, l, n, half, lists);
      }
    }
    for (let t = 0; t < taps; t++) {
      const from = xs + load<u32>(tapOffsets + (<usize>t << 2));
      const to = out + ((<usize>t * <usize>k) << 2);
      tap(from, xSampleStride, linear ? count : 0, k, n, s > 0 || continued != 0, to, outColumnStride, half, lists);
    }
  }
}

/**
 * Lists the columns l to l + 3 of dy, four rows at a time. Row r of sample s has the offset
 * s·xSampleStride + rowOffsets[r], or 128·r where `rowOffsets` is null.
 */
function list4(
  dy: usize, dySampleStride: usize, dyRowStride: usize, samples: i32, rows: i32, rowOffsets: usize,
  xSampleStride: usize, l: i32, n: i32, half: usize, lists: usize,
): void {
  const start0 = listsOf(lists, wholeFours(n)) + <usize>l * (half << 1);
  const start1 = start0 + (half << 1);
  const start2 = start1 + (half << 1);
  const start3 = start2 + (half << 1);
  let list0 = start0, list1 = start1, list2 = start2, list3 = start3;
  dy += <usize>l << 2;
  for (let s = 0; s < samples; s++) {
    const base = <usize>s * xSampleStride;
    let d = dy + <usize>s * dySampleStride;
    for (let r = 0; r < rows; r += 4) {
      // Beyond the last row the last one is read again, and masked away.
      const last = min(rows - r, 4) - 1;
      const rowMask = (2 << last) - 1;
      const v0 = v128.load(d);
      const v1 = v128.load(d + <usize>min(last, 1) * dyRowStride);
      const v2 = v128.load(d + <usize>min(last, 2) * dyRowStride);
      const v3 = v128.load(d + <usize>last * dyRowStride);
      const offsets = rowOffsets
        ? i32x4.add(v128.load(rowOffsets + (<usize>r << 2)), i32x4.splat(<i32>base))
        : i32x4.add(i32x4(0, 128, 256, 384), i32x4.splat(r << 7));
      const low01 = i32x4.shuffle(v0, v1, 0, 4, 1, 5);
      const high01 = i32x4.shuffle(v0, v1, 2, 6, 3, 7);
      const low23 = i32x4.shuffle(v2, v3, 0, 4, 1, 5);
      const high23 = i32x4.shuffle(v2, v3, 2, 6, 3, 7);
      const c0 = i64x2.shuffle(low01, low23, 0, 2);
      const c1 = i64x2.shuffle(low01, low23, 1, 3);
      const c2 = i64x2.shuffle(high01, high23, 0, 2);
      const c3 = i64x2.shuffle(high01, high23, 1, 3);
      list0 = append(list0, half, c0, offsets, nonzeroMask(c0) & rowMask, lists);
      list1 = append(list1, half, c1, offsets, nonzeroMask(c1) & rowMask, lists);
      list2 = append(list2, half, c2, offsets, nonzeroMask(c2) & rowMask, lists);
      list3 = append(list3, half, c3, offsets, nonzeroMask(c3) & rowMask, lists);
      d += dyRowStride << 2;
    }
  }
  const counts = countsOf(lists);
  finish(counts, l, start0, list0, half);
  finish(counts, l + 1, start1, list1, half);
  finish(counts, l + 2, start2, list2, half);
  finish(counts, l + 3, start3, list3, half);
}

/**
 * The columns of one tap. A slice of x is outermost, so that it stays in cache while all columns pass; the slice of
 * `copied` rows is copied first if that is not 0.
 */
function tap(
  x: usize, xSampleStride: usize, copied: i32, k: i32, n: i32, add: bool, out: usize, outColumnStride: usize,
  half: usize, lists: usize,
): void {
  const counts = countsOf(lists);
  const first = listsOf(lists, wholeFours(n));
  const copy = first + <usize>wholeFours(n) * (half << 1);
  const tmp = tileOf(lists);
  const word = wordOf(lists);
  for (let i = 0; i < k; ) {
    const wide = i + 32 <= k;
    const bytes: usize = wide ? 128 : 64;
    for (let r = 0; r < copied; r++) {
      const from = x + <usize>r * xSampleStride;
      const to = copy + (<usize>r << 7);
      for (let b: usize = 0; b < bytes; b += 64) {
        v128.store(to + b, v128.load(from + b));
        v128.store(to + b, v128.load(from + b, 16), 16);
        v128.store(to + b, v128.load(from + b, 32), 32);
        v128.store(to + b, v128.load(from + b, 48), 48);
      }
    }
    const slice = copied ? copy : x;
    let to = out;
    for (let l = 0; l < n; l++) {
      store<i32>(word, l);
      const total = add ? to : 0;
      if (wide) sparse8(counts, first, half, word, 1, slice, 64, 0, total, to, 32, tmp);
      else sparse4(counts, first, half, word, 1, slice, 0, total, to, min(16, k - i), tmp);
      to += outColumnStride;
    }
    i += wide ? 32 : 16;
    x += bytes;
    out += bytes;
  }
}

// @ts-ignore: decorator
@inline
function wholeFours(n: i32): i32 {
  return (n + 3) & ~3;
}

// The lists of `poolConvWeightGradient`: for each column the windows of a chunk of samples at which a gradient arrives,
// as pairs (gradient, byte offset of the window's winning pixel in x), windows ascending. Four columns × four windows
// at a time. The sums of the gradients, which are the bias gradient, fall out on the way.
import { storeLanes } from './lanes';
import { appendLanes } from './left-pack';

/** Byte offsets of the first pixel of every window of `samples` samples. */
export function writeWindowOffsets(
  offsets: usize, samples: i32, ph: i32, pw: i32, xSampleStride: usize, xRowBytes: usize, xPixelBytes: usize,
): void {
  for (let s = 0; s < samples; s++) {
    for (let py = 0; py < ph; py++) {
      let at = <usize>s * xSampleStride + <usize>(2 * py) * xRowBytes;
      for (let px = 0; px < pw; px++) {
        store<usize>(offsets, at);
        at += 2 * xPixelBytes;
        offsets += 4;
      }
    }
  }
}

/** The gradients of one window at four columns where the code byte is below 4, else +0. */
// @ts-ignore: decorator
@inline
function live(g: v128, fourCodes: v128): v128 {
  const codes = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(fourCodes));
  return v128.and(g, i32x4.lt_s(codes, i32x4.splat(4)));
}

/** Appends one column's part of four windows. Its codes are byte `column` of the lanes of `codes`. */
// @ts-ignore: decorator
@inline
function append(
  list: usize, offsetsAt: usize, g: v128, codes: v128, column: i32, offsets: v128, rowBytes: v128, pixelBytes: v128,
  table: usize,
): usize {
  const code = v128.and(i32x4.shr_u(codes, 8 * column), i32x4.splat(255));
  const right = v128.and(pixelBytes, i32x4.neg(v128.and(code, i32x4.splat(1))));
  const below = v128.and(rowBytes, i32x4.neg(i32x4.shr_u(code, 1)));
  const arrives = v128.and(f32x4.ne(g, f32x4.splat(0)), i32x4.lt_s(code, i32x4.splat(4)));
  return appendLanes(list, offsetsAt, g, i32x4.add(offsets, i32x4.add(right, below)), i32x4.bitmask(arrives), table);
}

/**
 * Lists `windows` windows whose g and codes are `pooledStride` elements apart, for n ≤ 16 columns: column l's list
 * begins at lists + l·listStride, its end goes to word l of `ends`. dBias[l] += the column's sum. `windowOffsets`:
 * readable up to a multiple of four windows.
 */
export function listColumns(
  g: usize, codes: usize, pooledStride: usize, windows: i32, n: i32, windowOffsets: usize, xRowBytes: usize,
  xPixelBytes: usize, lists: usize, listStride: usize, offsetsAt: usize, ends: usize, dBias: usize, table: usize,
): void {
  const rowBytes = i32x4.splat(<i32>xRowBytes), pixelBytes = i32x4.splat(<i32>xPixelBytes);
  const gBytes = pooledStride << 2;
  for (let l = 0; l < n; l += 4) {
    let from = g + (<usize>l << 2);
    let codesFrom = codes + <usize>l;
    let list0 = lists + <usize>l * listStride;
    let list1 = list0 + listStride, list2 = list0 + 2 * listStride, list3 = list0 + 3 * listStride;
    let sums = f32x4.splat(0);
    for (let p = 0; p < windows; p += 4) {
      // Windows beyond the last one read the first of the four again, as dead ones.
      const i1 = <usize>(p + 1 < windows), i2 = <usize>(p + 2 < windows) << 1, i3 = <usize>(p + 3 < windows) * 3;
      const beyond = i32x4.ge_s(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(p)), i32x4.splat(windows));
      let bytes = v128.load32_zero(codesFrom);
      bytes = v128.load32_lane(codesFrom + i1 * pooledStride, bytes, 1);
      bytes = v128.load32_lane(codesFrom + i2 * pooledStride, bytes, 2);
      bytes = v128.load32_lane(codesFrom + i3 * pooledStride, bytes, 3);
      bytes = v128.or(bytes, v128.and(beyond, i32x4.splat(0x04040404)));
      const a = v128.load(from), b = v128.load(from + i1 * gBytes);
      const c = v128.load(from + i2 * gBytes), d = v128.load(from + i3 * gBytes);
      sums = f32x4.add(sums, live(a, bytes));
      sums = f32x4.add(sums, live(b, i32x4.shuffle(bytes, bytes, 1, 1, 1, 1)));
      sums = f32x4.add(sums, live(c, i32x4.shuffle(bytes, bytes, 2, 2, 2, 2)));
      sums = f32x4.add(sums, live(d, i32x4.shuffle(bytes, bytes, 3, 3, 3, 3)));
      const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5), ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
      const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5), cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
      const g0 = i64x2.shuffle(ab01, cd01, 0, 2), g1 = i64x2.shuffle(ab01, cd01, 1, 3);
      const g2 = i64x2.shuffle(ab23, cd23, 0, 2), g3 = i64x2.shuffle(ab23, cd23, 1, 3);
      const offsets = v128.load(windowOffsets + (<usize>p << 2));
      list0 = append(list0, offsetsAt, g0, bytes, 0, offsets, rowBytes, pixelBytes, table);
      list1 = append(list1, offsetsAt, g1, bytes, 1, offsets, rowBytes, pixelBytes, table);
      list2 = append(list2, offsetsAt, g2, bytes, 2, offsets, rowBytes, pixelBytes, table);
      list3 = append(list3, offsetsAt, g3, bytes, 3, offsets, rowBytes, pixelBytes, table);
      from += gBytes << 2;
      codesFrom += pooledStride << 2;
    }
    v128.store(ends + (<usize>l << 2), i32x4(<i32>list0, <i32>list1, <i32>list2, <i32>list3));
    const total = dBias + (<usize>l << 2);
    storeLanes(total, f32x4.add(v128.load(total), sums), n - l);
  }
}

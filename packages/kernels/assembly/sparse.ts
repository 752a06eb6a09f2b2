// Products of rows that hold many exact zeros with packed panels, `=`, no overlap. The nonzero elements of each row are
// listed once, then every pair of panels meets the lists. Where things lie in the scratch `lists`: sparse-list.ts.
import { gemmRows } from './gemm';
import { countsOf, halfOf, listRows, listsOf, tileOf, wordOf, writeLeftPack } from './sparse-list';
import { sparse4, sparse8 } from './sparse-tile';

/** The share of nonzero elements above which the dense product is faster. */
// @ts-ignore: decorator
@inline
const denseFrom: f64 = 0.55;

export function gemmRowsSparse(
  x: usize, xRowStride: usize, w: usize, bias: usize, out: usize, outRowStride: usize, rows: i32, k: i32, n: i32,
  lists: usize,
): void {
  writeLeftPack(lists);
  const nonzero = listRows(x, xRowStride, rows, k, lists);
  if (<f64>nonzero > denseFrom * <f64>rows * <f64>k) {
    gemmRows(x, xRowStride, w, bias, out, outRowStride, rows, k, n, lists);
    return;
  }
  // A plain matrix is a convolution of one tap.
  const tap = wordOf(lists);
  const panelStride = <usize>k << 6;
  for (let j = 0; j < n; j += 32) {
    const columnBytes = <usize>j << 2;
    const panelBias = bias ? bias + columnBytes : 0;
    let to = out + columnBytes;
    touch(w, n - j > 16 ? 2 * panelStride : panelStride, tileOf(lists));
    for (let r = 0; r < rows; r++) {
      store<i32>(tap, r);
      row(lists, rows, k, tap, 1, w, panelStride, panelBias, to, n - j);
      to += outRowStride;
    }
    w += 2 * panelStride;
  }
}

/**
 * Reads every cache line of the panels in order, so that they come from memory as a stream: the lists skip about, and the processor
 * would fetch line after line on demand. The sum goes to `tmp`, or the compiler would drop the loads.
 */
// @ts-ignore: decorator
@inline
function touch(from: usize, bytes: usize, tmp: usize): void {
  let sum = i32x4.splat(0);
  const end = from + (bytes & ~255);
  for (let at = from; at < end; at += 256) {
    const a = v128.xor(v128.load(at, 0), v128.load(at, 64));
    const b = v128.xor(v128.load(at, 128), v128.load(at, 192));
    sum = v128.xor(sum, v128.xor(a, b));
  }
  v128.store(tmp, sum);
}

export function convRowsSparse(
  x: usize, xSampleStride: usize, xRows: i32, table: usize, taps: i32, k: i32, w: usize, bias: usize, out: usize,
  outSampleStride: usize, outRowStride: usize, samples: i32, rows: i32, n: i32, lists: usize,
): void {
  writeLeftPack(lists);
  const panelStride = (<usize>taps * <usize>k) << 6;
  const tableRowBytes = <usize>taps << 2;
  for (let s = 0; s < samples; s++) {
    listRows(x, <usize>k << 2, xRows, k, lists);
    let panels = w;
    for (let j = 0; j < n; j += 32) {
      const columnBytes = <usize>j << 2;
      const panelBias = bias ? bias + columnBytes : 0;
      let to = out + columnBytes;
      let rowOfTap = table;
      for (let r = 0; r < rows; r++) {
        row(lists, xRows, k, rowOfTap, taps, panels, panelStride, panelBias, to, n - j);
        rowOfTap += tableRowBytes;
        to += outRowStride;
      }
      panels += 2 * panelStride;
    }
    x += xSampleStride;
    out += outSampleStride;
  }
}

/** One output row × the next two panels, or the last one. `listed` rows of k elements are in the lists. */
// @ts-ignore: decorator
@inline
function row(
  lists: usize, listed: i32, k: i32, rowOfTap: usize, taps: i32, w: usize, panelStride: usize, bias: usize, out: usize,
  columns: i32,
): void {
  const counts = countsOf(lists);
  const first = listsOf(lists, listed);
  const half = halfOf(k);
  const tmp = tileOf(lists);
  const tapStride = <usize>k << 6;
  if (columns > 16) {
    sparse8(counts, first, half, rowOfTap, taps, w, panelStride, tapStride, bias, out, columns, tmp);
  } else {
    sparse4(counts, first, half, rowOfTap, taps, w, tapStride, bias, out, columns, tmp);
  }
}

// The gradient of a pooled convolution to its input, from the pooled gradient and its codes, channels-last, `=`, no
// overlap. Three of four pixels of a window have no gradient at a channel: lists of the others are built per sample,
// and only they are multiplied. Taps outermost, so that a tap's weights stay in cache while they meet the rows of a few
// samples; the sums live in `out` between taps.
//
// Scratch: pack table (256 bytes), ranges [samples][oh·ow] of 8 bytes, list values, list offsets (each
// ph·pw·channels + 4 words a sample), and sums [samples][rows][16] of a ragged last panel.
import { copyFloats } from './lanes';
import { writePackTable } from './left-pack';
import { listPixels } from './pool-conv-grad-lists';
import { addPair, addPanel } from './pool-conv-grad-rows';

export function poolConvInputGradient(
  g: usize, codes: usize, ph: i32, pw: i32, oh: i32, ow: i32, channels: i32, table: usize, taps: i32, w: usize,
  out: usize, outSampleStride: usize, outRowStride: usize, samples: i32, rows: i32, n: i32, lists: usize,
): void {
  const entries = <usize>(ph * pw) * <usize>channels;
  const rangesBytes = (<usize>oh * <usize>ow) << 3;
  const group = groupSamples(<i32>entries);
  const ranges = lists + 256;
  const list = ranges + <usize>group * rangesBytes;
  const offsetsAt = (<usize>group * (entries + 4)) << 2;
  const sums = list + 2 * offsetsAt;
  const panelStride = (<usize>taps * <usize>channels) << 6;
  const sumsSampleStride = <usize>rows << 6;
  writePackTable(lists);
  for (let s = 0; s < samples; s += group) {
    const count = min(group, samples - s);
    let end = list;
    for (let i = 0; i < count; i++) {
      const first = <usize>(s + i) * entries;
      const from = ranges + <usize>i * rangesBytes;
      end = listPixels(g + (first << 2), codes + first, ph, pw, oh, ow, channels, from, end, offsetsAt, lists);
    }
    const to = out + <usize>s * outSampleStride;
    clear(to, outSampleStride, outRowStride, count, rows, n);
    let j = 0;
    for (; j + 16 <= n; ) {
      const panels = w + <usize>(j >> 4) * panelStride;
      const toPanel = to + (<usize>j << 2);
      for (let t = 0; t < taps; t++) {
        const weights = panels + ((<usize>t * <usize>channels) << 6);
        const column = table + (<usize>t << 2);
        if (j + 32 <= n) {
          addPair(column, taps, ranges, rangesBytes, offsetsAt, weights, panelStride, toPanel, outSampleStride,
            outRowStride, count, rows);
        } else {
          addPanel(column, taps, ranges, rangesBytes, offsetsAt, weights, toPanel, outSampleStride, outRowStride, count,
            rows);
        }
      }
      j += j + 32 <= n ? 32 : 16;
    }
    if (j < n) {
      memory.fill(sums, 0, <usize>count * sumsSampleStride);
      const panel = w + <usize>(j >> 4) * panelStride;
      for (let t = 0; t < taps; t++) {
        const weights = panel + ((<usize>t * <usize>channels) << 6);
        addPanel(table + (<usize>t << 2), taps, ranges, rangesBytes, offsetsAt, weights, sums, sumsSampleStride, 64,
          count, rows);
      }
      for (let i = 0; i < count; i++) {
        for (let r = 0; r < rows; r++) {
          const from = sums + <usize>i * sumsSampleStride + (<usize>r << 6);
          copyFloats(from, to + <usize>i * outSampleStride + <usize>r * outRowStride + (<usize>j << 2), n - j);
        }
      }
    }
  }
}

/** How many samples share one pass over the weights: their lists hold about 2048 entries. */
// @ts-ignore: decorator
@inline
function groupSamples(entries: i32): i32 {
  return max(1, min(8, 2048 / max(1, entries)));
}

function clear(out: usize, sampleStride: usize, rowStride: usize, samples: i32, rows: i32, n: i32): void {
  for (let s = 0; s < samples; s++) {
    let row = out + <usize>s * sampleStride;
    for (let r = 0; r < rows; r++) {
      memory.fill(row, 0, <usize>n << 2);
      row += rowStride;
    }
  }
}

// Attention of every head of every sample, `=`, no overlap: keys and values are packed once a head, then tiles of 32
// queries: scores, softmax and dropout in place, and the product with the values. `scratch`: 256 bytes for products,
// panels of keys and values, the tile's scores.
import {
  CAUSAL, HEADS, headOf, K, KEY_MASK, KEYS, MASK, OUT, panelBytes, Q, QUERIES, rowStride, SCALE, SIZE, TILE, V,
  VALUE_SIZE, word,
} from './attention-spec';
import { attentionRow } from './attention-rows';
import { dropout } from './dropout';
import { gemmRows } from './gemm';
import { packPanels } from './pack';

/** The probabilities of a tile of queries: `rows` rows of `n` floats. */
export function tileProbabilities(
  q: usize, kPanels: usize, spec: usize, first: i32, rows: i32, n: i32, mask: usize, keyMask: usize, out: usize,
  tmp: usize,
): void {
  const qRow = rowStride(spec + Q), bytes = <usize>n << 2;
  gemmRows(q + <usize>first * qRow, qRow, kPanels, 0, out, bytes, rows, word(spec, SIZE), n, tmp);
  const scale = load<f32>(spec + SCALE);
  for (let r = 0; r < rows; r++) {
    const limit = word(spec, CAUSAL) ? min(n, first + r + 1) : n;
    const maskRow = mask ? mask + <usize>(first + r) * rowStride(spec + MASK) : 0;
    attentionRow(out + <usize>r * bytes, n, limit, scale, maskRow, keyMask);
  }
}

/** out rows = x [rows][k] times panels of n columns that are `panelStride` apart. */
export function timesPanels(
  x: usize, w: usize, panelStride: usize, out: usize, outRowStride: usize, rows: i32, k: i32, n: i32, tmp: usize,
): void {
  for (let j = 0; j < n; j += 16) {
    gemmRows(x, <usize>k << 2, w, 0, out + (<usize>j << 2), outRowStride, rows, k, min(16, n - j), tmp);
    w += panelStride;
  }
}

export function attention(
  q: usize, k: usize, v: usize, mask: usize, keyMask: usize, out: usize, spec: usize, samples: i32, row0: i32,
  key: usize, step: usize, site: i32, rate: usize, scratch: usize,
): void {
  const heads = word(spec, HEADS), queries = word(spec, QUERIES), keys = word(spec, KEYS);
  const size = word(spec, SIZE), valueSize = word(spec, VALUE_SIZE);
  const kPanels = scratch + 256;
  const vPanels = kPanels + panelBytes(size, keys);
  const scores = vPanels + panelBytes(keys, valueSize);
  const outRow = rowStride(spec + OUT);
  for (let s = 0; s < samples; s++) {
    const keysMask = keyMask ? keyMask + <usize>s * word(spec, KEY_MASK) : 0;
    for (let h = 0; h < heads; h++) {
      const ks = headOf(k, spec + K, s, h), vs = headOf(v, spec + V, s, h);
      packPanels(ks, kPanels, 1, 0, size, 4, keys, rowStride(spec + K), 0, <usize>size << 6);
      packPanels(vs, vPanels, 1, 0, keys, rowStride(spec + V), valueSize, 4, 0, <usize>keys << 6);
      const qs = headOf(q, spec + Q, s, h), to = headOf(out, spec + OUT, s, h);
      const maskHead = mask ? headOf(mask, spec + MASK, s, h) : 0;
      const firstRow = row0 + (s * heads + h) * queries;
      for (let first = 0; first < queries; first += TILE) {
        const rows = min(TILE, queries - first);
        const n = word(spec, CAUSAL) ? min(keys, first + rows) : keys;
        tileProbabilities(qs, kPanels, spec, first, rows, n, maskHead, keysMask, scores, scratch);
        if (rate) dropout(scores, scores, rows, n, firstRow + first, key, step, site, rate);
        const at = to + <usize>first * outRow;
        timesPanels(scores, vPanels, <usize>keys << 6, at, outRow, rows, n, valueSize, scratch);
      }
    }
  }
}

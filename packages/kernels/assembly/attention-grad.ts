// The gradients of attention, `=`, no overlap. As in the forward pass a head's tiles of 32 queries follow one another;
// the probabilities are computed again. Gradients of keys and values are sums over tiles, kept in panels until the head
// is done. `scratch`: 256 bytes for products, panels of keys (both ways), of values, of their gradients, three tiles.
import {
  CAUSAL, DK, DQ, DV, HEADS, headOf, K, KEY_MASK, KEYS, MASK, OUT, panelBytes, Q, QUERIES, rowStride, SCALE, SIZE, TILE,
  V, VALUE_SIZE, word,
} from './attention-spec';
import { tileProbabilities, timesPanels } from './attention';
import { attentionRowGrad } from './attention-rows';
import { dropout } from './dropout';
import { gemmRows } from './gemm';
import { addOuter } from './outer';
import { packPanels, unpackPanel } from './pack';

/** Adds Σ_r x[r][j] · y[r][c] over the rows of a tile to panels [c / 16][keys][16]. */
// @ts-ignore: decorator
@inline
function addTile(
  x: usize, n: i32, y: usize, yRow: usize, rows: i32, columns: i32, out: usize, keys: i32, tmp: usize,
): void {
  for (let c = 0; c < columns; c += 16) {
    addOuter(x, <usize>n << 2, n, y + (<usize>c << 2), yRow, rows, out, tmp);
    out += <usize>keys << 6;
  }
}

function unpack(panels: usize, out: usize, outRow: usize, keys: i32, columns: i32): void {
  for (let c = 0; c < columns; c += 16) {
    unpackPanel(panels, out + (<usize>c << 2), 1, 0, keys, outRow, min(16, columns - c), 4);
    panels += <usize>keys << 6;
  }
}

export function attentionGrad(
  dout: usize, q: usize, k: usize, v: usize, mask: usize, keyMask: usize, dq: usize, dk: usize, dv: usize, spec: usize,
  samples: i32, row0: i32, key: usize, step: usize, site: i32, rate: usize, scratch: usize,
): void {
  const heads = word(spec, HEADS), queries = word(spec, QUERIES), keys = word(spec, KEYS);
  const size = word(spec, SIZE), valueSize = word(spec, VALUE_SIZE);
  const scale = load<f32>(spec + SCALE);
  const kPanels = scratch + 256;
  const kBack = kPanels + panelBytes(size, keys);
  const vPanels = kBack + panelBytes(keys, size);
  const kSums = vPanels + panelBytes(valueSize, keys);
  const vSums = kSums + panelBytes(keys, size);
  const p = vSums + panelBytes(keys, valueSize);
  const tile = <usize>(TILE * keys) << 2;
  const dropped = rate ? p + tile : p;
  const d = dropped + tile;
  const qRow = rowStride(spec + Q), outRow = rowStride(spec + OUT), dqRow = rowStride(spec + DQ);
  for (let s = 0; s < samples; s++) {
    const keysMask = keyMask ? keyMask + <usize>s * word(spec, KEY_MASK) : 0;
    for (let h = 0; h < heads; h++) {
      const ks = headOf(k, spec + K, s, h), vs = headOf(v, spec + V, s, h);
      packPanels(ks, kPanels, 1, 0, size, 4, keys, rowStride(spec + K), 0, <usize>size << 6);
      packPanels(ks, kBack, 1, 0, keys, rowStride(spec + K), size, 4, 0, <usize>keys << 6);
      packPanels(vs, vPanels, 1, 0, valueSize, 4, keys, rowStride(spec + V), 0, <usize>valueSize << 6);
      memory.fill(kSums, 0, panelBytes(keys, size) + panelBytes(keys, valueSize));
      const qs = headOf(q, spec + Q, s, h), dys = headOf(dout, spec + OUT, s, h);
      const dqs = headOf(dq, spec + DQ, s, h);
      const maskHead = mask ? headOf(mask, spec + MASK, s, h) : 0;
      const firstRow = row0 + (s * heads + h) * queries;
      for (let first = 0; first < queries; first += TILE) {
        const rows = min(TILE, queries - first);
        const n = word(spec, CAUSAL) ? min(keys, first + rows) : keys;
        tileProbabilities(qs, kPanels, spec, first, rows, n, maskHead, keysMask, p, scratch);
        const dy = dys + <usize>first * outRow;
        gemmRows(dy, outRow, vPanels, 0, d, <usize>n << 2, rows, valueSize, n, scratch);
        if (rate) {
          dropout(p, dropped, rows, n, firstRow + first, key, step, site, rate);
          dropout(d, d, rows, n, firstRow + first, key, step, site, rate);
        }
        for (let r = 0; r < rows; r++) {
          const at = <usize>(r * n) << 2;
          attentionRowGrad(d + at, p + at, n, word(spec, CAUSAL) ? min(n, first + r + 1) : n, scale);
        }
        timesPanels(d, kBack, <usize>keys << 6, dqs + <usize>first * dqRow, dqRow, rows, n, size, scratch);
        addTile(d, n, qs + <usize>first * qRow, qRow, rows, size, kSums, keys, scratch);
        addTile(dropped, n, dy, outRow, rows, valueSize, vSums, keys, scratch);
      }
      unpack(kSums, headOf(dk, spec + DK, s, h), rowStride(spec + DK), keys, size);
      unpack(vSums, headOf(dv, spec + DV, s, h), rowStride(spec + DV), keys, valueSize);
    }
  }
}

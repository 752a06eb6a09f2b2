// Gradients of recurrent layers through time, `=`, no overlap. As in the forward walk, the samples of a task go in step:
// each sample's cell, then one product of all gradients of gates with the weights. `scratch`: 256 bytes for the product,
// then [samples] rows of the gradients of hidden state, cell, what passes by the gates, and the gates.
import { gemmRows } from './gemm';
import { storeLanes } from './lanes';
import { startFrom } from './recurrent';
import {
  finalsOf, GRU, gatesOf, gruCellGrad, keptOf, LSTM, lengthOf, lstmCellGrad, plainCellGrad, RELU,
} from './recurrent-cells';

/** a += b. */
// @ts-ignore: decorator
@inline
function addRow(a: usize, b: usize, n: i32): void {
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    storeLanes(a + at, f32x4.add(v128.load(a + at), v128.load(b + at)), n - j);
  }
}

export function recurrentGrad(
  kind: i32, dout: usize, out: usize, kept: usize, w: usize, h0: usize, c0: usize, lengths: usize, dx: usize,
  dInitial: usize, samples: i32, steps: i32, hidden: i32, reverse: i32, scratch: usize,
): void {
  const row = <usize>hidden << 2;
  const gates = gatesOf(kind);
  const gateBytes = row * gates, keptBytes = row * keptOf(kind);
  const outBytes = row * (steps + finalsOf(kind)), finals = <usize>steps * row;
  const all = row * samples;
  const dh = scratch + 256, dc = dh + all, past = dc + all, dp = past + all;
  for (let s = 0; s < samples; s++) {
    startFrom(dout + <usize>s * outBytes + finals, dh + <usize>s * row, row);
    if (kind == LSTM) startFrom(dout + <usize>s * outBytes + finals + row, dc + <usize>s * row, row);
  }
  for (let k = steps - 1; k >= 0; k--) {
    for (let s = 0; s < samples; s++) {
      const length = lengthOf(lengths, s, steps);
      const dps = dp + <usize>s * gateBytes, dhs = past + <usize>s * row;
      // Samples that have not begun keep their gradient: nothing comes from the gates.
      memory.copy(dhs, dh + <usize>s * row, row);
      if (k >= length) {
        memory.fill(dps, 0, gateBytes);
        continue;
      }
      const t = reverse ? length - 1 - k : k;
      const before = reverse ? t + 1 : t - 1;
      const sample = <usize>s * outBytes;
      const dy = dout + sample + <usize>t * row;
      const to = dx + <usize>(s * steps + t) * gateBytes;
      const from = kept + <usize>(s * steps + t) * keptBytes;
      if (kind == LSTM) {
        const cell = kept + <usize>(s * steps + before) * keptBytes + 4 * row;
        const initial = c0 ? c0 + <usize>s * row : 0;
        lstmCellGrad(dy, dhs, dc + <usize>s * row, from, k > 0 ? cell : initial, to, dps, hidden);
      } else if (kind == GRU) {
        const initial = h0 ? h0 + <usize>s * row : 0;
        gruCellGrad(dy, dhs, from, k > 0 ? out + sample + <usize>before * row : initial, to, dps, hidden);
      } else plainCellGrad(kind == RELU, dy, dhs, out + sample + <usize>t * row, to, dps, hidden);
    }
    gemmRows(dp, gateBytes, w, 0, dh, row, samples, gates * hidden, hidden, scratch);
    for (let s = 0; s < samples; s++) {
      if (kind == GRU || k >= lengthOf(lengths, s, steps)) {
        addRow(dh + <usize>s * row, past + <usize>s * row, hidden);
      }
    }
  }
  const initialBytes = row * finalsOf(kind);
  for (let s = 0; s < samples; s++) {
    const length = lengthOf(lengths, s, steps);
    memory.fill(dx + <usize>(s * steps + length) * gateBytes, 0, <usize>(steps - length) * gateBytes);
    if (dInitial == 0) continue;
    memory.copy(dInitial + <usize>s * initialBytes, dh + <usize>s * row, row);
    if (kind == LSTM) memory.copy(dInitial + <usize>s * initialBytes + row, dc + <usize>s * row, row);
  }
}

export function gruHiddenGrad(dx: usize, kept: usize, out: usize, rows: i32, hidden: i32): void {
  const row = <usize>hidden << 2;
  for (let r = 0; r < rows; r++) {
    memory.copy(out, dx, 2 * row);
    for (let j = 0; j < hidden; j += 4) {
      const at = <usize>j << 2;
      storeLanes(out + 2 * row + at, f32x4.mul(v128.load(dx + 2 * row + at), v128.load(kept + at)), hidden - j);
    }
    dx += 3 * row;
    out += 3 * row;
    kept += 4 * row;
  }
}

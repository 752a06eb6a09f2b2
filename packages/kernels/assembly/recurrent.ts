// Recurrent layers of one direction over whole sequences, `=`, no overlap. The samples of a task walk in step: one
// product of all their hidden states with the weights, then each sample's cell. State of the walk is in `scratch`: 256
// bytes for the product, then [samples] rows of hidden and cell state and of the product.
import { gemmRows } from './gemm';
import { copyFloats } from './lanes';
import { finalsOf, GRU, gatesOf, gruCell, keptOf, LSTM, lengthOf, lstmCell, plainCell, RELU } from './recurrent-cells';

/** Copies a row, or fills it with +0 where there is none. */
// @ts-ignore: decorator
@inline
export function startFrom(initial: usize, out: usize, bytes: usize): void {
  if (initial) memory.copy(out, initial, bytes);
  else memory.fill(out, 0, bytes);
}

export function recurrent(
  kind: i32, x: usize, w: usize, bias: usize, h0: usize, c0: usize, lengths: usize, out: usize, kept: usize,
  samples: i32, steps: i32, hidden: i32, reverse: i32, scratch: usize,
): void {
  const row = <usize>hidden << 2;
  const gates = gatesOf(kind);
  const gateBytes = row * gates, keptBytes = row * keptOf(kind);
  const outBytes = row * (steps + finalsOf(kind));
  const all = row * samples;
  const h = scratch + 256, c = h + all, p = c + all;
  startFrom(h0, h, all);
  if (kind == LSTM) startFrom(c0, c, all);
  for (let k = 0; k < steps; k++) {
    gemmRows(h, row, w, bias, p, gateBytes, samples, hidden, gates * hidden, scratch);
    for (let s = 0; s < samples; s++) {
      const length = lengthOf(lengths, s, steps);
      if (k >= length) continue;
      const t = reverse ? length - 1 - k : k;
      const step = <usize>(s * steps + t);
      const xs = x + step * gateBytes, ps = p + <usize>s * gateBytes, hs = h + <usize>s * row;
      const to = kept ? kept + step * keptBytes : 0;
      if (kind == LSTM) lstmCell(xs, ps, hs, c + <usize>s * row, to, hidden);
      else if (kind == GRU) gruCell(xs, ps, hs, to, hidden);
      else plainCell(kind == RELU, xs, ps, hs, hidden);
      copyFloats(hs, out + <usize>s * outBytes + <usize>t * row, hidden);
    }
  }
  for (let s = 0; s < samples; s++) {
    const length = lengthOf(lengths, s, steps);
    const to = out + <usize>s * outBytes;
    const end = to + <usize>steps * row;
    memory.fill(to + <usize>length * row, 0, <usize>(steps - length) * row);
    memory.copy(end, h + <usize>s * row, row);
    if (kind == LSTM) memory.copy(end + row, c + <usize>s * row, row);
    if (kept) memory.fill(kept + <usize>(s * steps + length) * keptBytes, 0, <usize>(steps - length) * keptBytes);
  }
}

export function recurrentPrevious(
  kind: i32, out: usize, h0: usize, lengths: usize, previous: usize, samples: i32, steps: i32, hidden: i32,
  reverse: i32,
): void {
  const row = <usize>hidden << 2;
  const outBytes = row * (steps + finalsOf(kind));
  for (let s = 0; s < samples; s++) {
    const length = lengthOf(lengths, s, steps);
    const from = out + <usize>s * outBytes;
    const to = previous + <usize>(s * steps) * row;
    const initial = h0 ? h0 + <usize>s * row : 0;
    memory.fill(to + <usize>length * row, 0, <usize>(steps - length) * row);
    if (length == 0) continue;
    const rest = <usize>(length - 1) * row;
    if (reverse) {
      memory.copy(to, from + row, rest);
      startFrom(initial, to + rest, row);
    } else {
      startFrom(initial, to, row);
      memory.copy(to + row, from, rest);
    }
  }
}

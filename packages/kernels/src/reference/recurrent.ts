/** Naive twins: recurrent layers, sample by sample and step by step. */
import { recurrentKinds, recurrentSizes } from '../recurrent-kinds.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { sigmoid, tanh } from './math.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;
const { relu, lstm, gru } = recurrentKinds;

type RecurrentKernels = Pick<Kernels, 'recurrent' | 'recurrentPrevious' | 'recurrentGrad' | 'gruHiddenGrad'>;

const sigmoidSlope = (y: number): number => f(y * f(1 - y));
const tanhSlope = (y: number): number => f(1 - f(y * y));

export function recurrentTwins(views: Views): RecurrentKernels {
  const rowAt = (from: Pointer, index: number, n: number): Float32Array =>
    views.f32.subarray(word(from) + index * n, word(from) + (index + 1) * n);
  const initial = (from: Pointer, s: number, n: number): Float32Array =>
    from === 0 ? new Float32Array(n) : rowAt(from, s, n).slice();
  const lengthOf = (lengths: Pointer, s: number, steps: number): number =>
    lengths === 0 ? steps : Math.max(0, Math.min(steps, views.i32[word(lengths) + s]!));
  /** Σ_k v[k] · w[k][j], k ascending, w in panels of 16 columns. */
  const product = (v: Float32Array, w: Pointer, n: number): Float32Array =>
    Float32Array.from({ length: n }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < v.length; k++) {
        sum = f(sum + f(v[k]! * views.f32[word(w) + ((j >> 4) * v.length + k) * 16 + (j & 15)]!));
      }
      return sum;
    });

  return {
    recurrent(kind, x, w, bias, h0, c0, lengths, out, kept, samples, steps, hidden, reverse) {
      const { gates, kept: keeps, finals } = recurrentSizes(kind);
      for (let s = 0; s < samples; s++) {
        const length = lengthOf(lengths, s, steps);
        let h = initial(h0, s, hidden);
        const c = initial(c0, s, hidden);
        const outputs = rowAt(out, s, (steps + finals) * hidden);
        outputs.fill(0);
        if (kept !== 0) rowAt(kept, s, steps * keeps * hidden).fill(0);
        for (let k = 0; k < length; k++) {
          const t = reverse ? length - 1 - k : k;
          const step = s * steps + t;
          const xs = rowAt(x, step, gates * hidden);
          const p = product(h, w, gates * hidden).map((v, j) => (bias === 0 ? v : v + views.f32[word(bias) + j]!));
          const pre = (gate: number, j: number): number => f(xs[gate * hidden + j]! + p[gate * hidden + j]!);
          const keep = (j: number, ...values: number[]): void => {
            if (kept === 0) return;
            values.forEach((value, i) => {
              rowAt(kept, step, keeps * hidden)[i * hidden + j] = value;
            });
          };
          h = h.map((before, j) => {
            if (kind === lstm) {
              const [i, forget, g, o] = [sigmoid(pre(0, j)), sigmoid(pre(1, j)), tanh(pre(2, j)), sigmoid(pre(3, j))];
              c[j] = f(f(forget * c[j]!) + f(i * g));
              keep(j, i, forget, g, o, c[j]!);
              return o * tanh(c[j]!);
            }
            if (kind === gru) {
              const [r, z, inner] = [sigmoid(pre(0, j)), sigmoid(pre(1, j)), p[2 * hidden + j]!];
              const n = tanh(f(xs[2 * hidden + j]! + f(r * inner)));
              keep(j, r, z, n, inner);
              return f(f(before - n) * z) + n;
            }
            return kind === relu ? Math.max(pre(0, j), 0) : tanh(pre(0, j));
          });
          outputs.set(h, t * hidden);
        }
        outputs.set(h, steps * hidden);
        if (kind === lstm) outputs.set(c, (steps + 1) * hidden);
      }
    },
    recurrentPrevious(kind, out, h0, lengths, previous, samples, steps, hidden, reverse) {
      const { finals } = recurrentSizes(kind);
      for (let s = 0; s < samples; s++) {
        const length = lengthOf(lengths, s, steps);
        const outputs = rowAt(out, s, (steps + finals) * hidden);
        for (let t = 0; t < steps; t++) {
          const before = reverse ? t + 1 : t - 1;
          const to = rowAt(previous, s * steps + t, hidden);
          if (t >= length) to.fill(0);
          else if (before < 0 || before >= length) to.set(initial(h0, s, hidden));
          else to.set(outputs.subarray(before * hidden, (before + 1) * hidden));
        }
      }
    },
    recurrentGrad(kind, dout, out, kept, w, h0, c0, lengths, dx, dInitial, samples, steps, hidden, reverse) {
      const { gates, kept: keeps, finals } = recurrentSizes(kind);
      for (let s = 0; s < samples; s++) {
        const length = lengthOf(lengths, s, steps);
        const [dys, ys] = [rowAt(dout, s, (steps + finals) * hidden), rowAt(out, s, (steps + finals) * hidden)];
        rowAt(dx, s, steps * gates * hidden).fill(0);
        let dh = dys.slice(steps * hidden, (steps + 1) * hidden);
        const dc = dys.slice((steps + 1) * hidden);
        for (let k = length - 1; k >= 0; k--) {
          const t = reverse ? length - 1 - k : k;
          const before = reverse ? t + 1 : t - 1;
          const to = rowAt(dx, s * steps + t, gates * hidden);
          const dp = new Float32Array(gates * hidden);
          const past = new Float32Array(hidden);
          const keptAt = (step: number, i: number, j: number): number =>
            rowAt(kept, s * steps + step, keeps * hidden)[i * hidden + j]!;
          for (let j = 0; j < hidden; j++) {
            const d = f(dys[t * hidden + j]! + dh[j]!);
            const y = ys[t * hidden + j]!;
            const put = (gate: number, value: number, inProduct = value): void => {
              to[gate * hidden + j] = value;
              dp[gate * hidden + j] = inProduct;
            };
            if (kind === lstm) {
              const [i, forget, g, o] = [0, 1, 2, 3].map((part) => keptAt(t, part, j)) as [
                number,
                number,
                number,
                number,
              ];
              const cell = tanh(keptAt(t, 4, j));
              const cellBefore = k > 0 ? keptAt(before, 4, j) : initial(c0, s, hidden)[j]!;
              const dCell = f(dc[j]! + f(f(d * o) * tanhSlope(cell)));
              dc[j] = dCell * forget;
              put(0, f(f(dCell * g) * sigmoidSlope(i)));
              put(1, f(f(dCell * cellBefore) * sigmoidSlope(forget)));
              put(2, f(f(dCell * i) * tanhSlope(g)));
              put(3, f(f(d * cell) * sigmoidSlope(o)));
            } else if (kind === gru) {
              const [r, z, n, inner] = [0, 1, 2, 3].map((part) => keptAt(t, part, j)) as [
                number,
                number,
                number,
                number,
              ];
              const hBefore = k > 0 ? ys[before * hidden + j]! : initial(h0, s, hidden)[j]!;
              const dn = f(f(d * f(1 - z)) * tanhSlope(n));
              put(0, f(f(dn * inner) * sigmoidSlope(r)));
              put(1, f(f(d * f(hBefore - n)) * sigmoidSlope(z)));
              put(2, dn, f(dn * r));
              past[j] = d * z;
            } else put(0, kind === relu ? (y > 0 ? d : 0) : f(d * tanhSlope(y)));
          }
          dh = product(dp, w, hidden).map((v, j) => (kind === gru ? v + past[j]! : v));
        }
        if (dInitial === 0) continue;
        rowAt(dInitial, s, finals * hidden).set(dh);
        if (kind === lstm) rowAt(dInitial, s, finals * hidden).set(dc, hidden);
      }
    },
    gruHiddenGrad(dx, kept, out, rows, hidden) {
      for (let r = 0; r < rows; r++) {
        const reset = rowAt(kept, r, 4 * hidden);
        rowAt(out, r, 3 * hidden).set(
          rowAt(dx, r, 3 * hidden).map((v, j) => (j < 2 * hidden ? v : v * reset[j - 2 * hidden]!)),
        );
      }
    },
  };
}

/** Naive twins: attention, row by row. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { exp } from './math.ts';
import { randomTwins } from './random.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;
/** Queries whose contributions to keys and values are summed before they are added. */
const tile = 32;

type Row = Float32Array;
interface Operands {
  readonly mask: Pointer;
  readonly keyMask: Pointer;
  readonly row0: number;
  readonly draw: readonly [key: Pointer, step: Pointer, site: number, rate: Pointer];
  readonly scratch: Pointer;
}

/** Σ a[i] · b(i), i ascending, products and sums rounded. */
function dot(a: Row, b: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum = f(sum + f(a[i]! * b(i)));
  return sum;
}

/** In f64, in four interleaved sums. */
function interleaved(values: readonly number[]): number {
  const s: [number, number, number, number] = [0, 0, 0, 0];
  values.forEach((value, j) => {
    s[(j % 4) as 0] += value;
  });
  return f(s[0] + s[2] + (s[1] + s[3]));
}

export function attentionTwins(views: Views): Pick<Kernels, 'attention' | 'attentionGrad'> {
  const { dropout } = randomTwins(views);

  /** The heads of a call: rows of each operand, and the probabilities of a query. */
  function* headsOf(spec: Pointer, samples: number, by: Operands) {
    const words = views.i32.slice(word(spec), word(spec) + 32);
    const [heads, queries, keys, size, valueSize, causal, scaleBits] = words as unknown as number[] & { length: 7 };
    const scale = f32FromBits(scaleBits!);
    for (let s = 0; s < samples; s++) {
      for (let h = 0; h < heads!; h++) {
        const rows =
          (base: Pointer, at: number, n: number) =>
          (i: number): Row => {
            const from = base + s * words[at]! + h * words[at + 1]! + i * words[at + 2]!;
            return views.f32.subarray(word(from), word(from) + n);
          };
        const keyMask = word(by.keyMask + s * words[22]!);
        const existing = (i: number): number[] =>
          Array.from({ length: keys! }, (_, j) => j).filter((j) => !causal || j <= i);
        const dropped = (row: Row, i: number): Row => {
          if (by.draw[3] === 0) return row;
          views.f32.set(row, word(by.scratch));
          const number = by.row0 + (s * heads! + h) * queries! + i;
          dropout(by.scratch, by.scratch, 1, row.length, number, ...by.draw);
          return views.f32.slice(word(by.scratch), word(by.scratch) + row.length);
        };
        const probabilities = (i: number, q: Row, k: (j: number) => Row): Row => {
          const mask = rows(by.mask, 19, keys!)(i);
          const scores = existing(i).map((j) => {
            let x = f(dot(q, (e) => k(j)[e]!) * scale);
            if (by.mask) x = f(x + mask[j]!);
            return by.keyMask ? f(x + views.f32[keyMask + j]!) : x;
          });
          const highest = Math.max(...scores);
          const exps = scores.map((x) => exp(f(x - highest)));
          const sum = interleaved(exps);
          return Float32Array.from(exps, (e) => e / sum);
        };
        yield {
          rows,
          existing,
          dropped,
          probabilities,
          queries: queries!,
          keys: keys!,
          size: size!,
          valueSize: valueSize!,
          scale,
        };
      }
    }
  }

  return {
    attention(q, k, v, mask, keyMask, out, spec, samples, row0, key, step, site, rate, scratch) {
      const by: Operands = { mask, keyMask, row0, draw: [key, step, site, rate], scratch };
      for (const head of headsOf(spec, samples, by)) {
        const [qs, ks] = [head.rows(q, 7, head.size), head.rows(k, 10, head.size)];
        const [vs, outs] = [head.rows(v, 13, head.valueSize), head.rows(out, 16, head.valueSize)];
        for (let i = 0; i < head.queries; i++) {
          const p = head.dropped(head.probabilities(i, qs(i), ks), i);
          outs(i).set(outs(i).map((_, c) => dot(p, (j) => vs(j)[c]!)));
        }
      }
    },
    attentionGrad(...[dout, q, k, v, mask, keyMask, dq, dk, dv, spec, samples, row0, key, step, site, rate, scratch]) {
      const by: Operands = { mask, keyMask, row0, draw: [key, step, site, rate], scratch };
      for (const head of headsOf(spec, samples, by)) {
        const { queries, keys, size, valueSize } = head;
        const [qs, ks, vs] = [head.rows(q, 7, size), head.rows(k, 10, size), head.rows(v, 13, valueSize)];
        const dys = head.rows(dout, 16, valueSize);
        const [dqs, dks, dvs] = [head.rows(dq, 23, size), head.rows(dk, 26, size), head.rows(dv, 29, valueSize)];
        const lines = Array.from({ length: queries }, (_, i) => {
          const p = head.probabilities(i, qs(i), ks);
          const d = head.dropped(
            Float32Array.from(head.existing(i), (j) => dot(dys(i), (c) => vs(j)[c]!)),
            i,
          );
          const sum = interleaved(Array.from(d, (value, j) => value * p[j]!));
          return { dropped: head.dropped(p, i), g: d.map((value, j) => f(f(value - sum) * p[j]!) * head.scale) };
        });
        /** Σ over queries of a row's element j times an element of another row, tile by tile. */
        const overQueries = (left: (i: number) => number | undefined, right: (i: number) => number): number => {
          let total = 0;
          for (let first = 0; first < queries; first += tile) {
            let sum = 0;
            for (let i = first; i < Math.min(queries, first + tile); i++) sum = f(sum + f((left(i) ?? 0) * right(i)));
            total = f(total + sum);
          }
          return total;
        };
        for (let i = 0; i < queries; i++) dqs(i).set(dqs(i).map((_, e) => dot(lines[i]!.g, (j) => ks(j)[e]!)));
        for (let j = 0; j < keys; j++) {
          dks(j).set(
            dks(j).map((_, e) =>
              overQueries(
                (i) => lines[i]!.g[j],
                (i) => qs(i)[e]!,
              ),
            ),
          );
          dvs(j).set(
            dvs(j).map((_, c) =>
              overQueries(
                (i) => lines[i]!.dropped[j],
                (i) => dys(i)[c]!,
              ),
            ),
          );
        }
      }
    },
  };
}

/** Naive twins: softmax and losses. Sums over a row run in f64, j ascending, and are rounded to f32 once. */
import type { Kernels, Pointer } from '../signatures.ts';
import { exp, log } from './math.ts';
import { indexOfMax } from './reduce.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type SoftmaxKernels = Pick<
  Kernels,
  'softmax' | 'logSoftmax' | 'softmaxGrad' | 'logSoftmaxGrad' | 'crossEntropy' | 'crossEntropyGrad' | 'correct'
>;

function sum(values: Iterable<number>): number {
  let total = 0; // f64
  for (const v of values) total += v;
  return f(total);
}

/** x − max, its exponentials and their sum. */
function softmaxParts(x: Float32Array): { shifted: Float32Array; exps: Float32Array; total: number } {
  const highest = Math.max(...x);
  const shifted = x.map((v) => v - highest);
  const exps = shifted.map(exp);
  return { shifted, exps, total: sum(exps) };
}

export function softmaxTwins(views: Views): SoftmaxKernels {
  /** A copy of row r. */
  const row = (x: Pointer, r: number, n: number): Float32Array =>
    Float32Array.from(views.f32.subarray(word(x) + r * n, word(x) + (r + 1) * n));
  const put = (out: Pointer, r: number, values: Float32Array): void => {
    views.f32.set(values, word(out) + r * values.length);
  };
  return {
    softmax(x, out, rows, n) {
      for (let r = 0; r < rows; r++) {
        const { exps, total } = softmaxParts(row(x, r, n));
        put(
          out,
          r,
          exps.map((e) => e / total),
        );
      }
    },
    logSoftmax(x, out, rows, n) {
      for (let r = 0; r < rows; r++) {
        const { shifted, total } = softmaxParts(row(x, r, n));
        const logTotal = log(total);
        put(
          out,
          r,
          shifted.map((v) => v - logTotal),
        );
      }
    },
    softmaxGrad(dy, y, dx, rows, n) {
      for (let r = 0; r < rows; r++) {
        const [dyRow, yRow] = [row(dy, r, n), row(y, r, n)];
        const dot = sum(Array.from(dyRow, (d, j) => d * yRow[j]!)); // products exact in f64
        put(
          dx,
          r,
          dyRow.map((d, j) => f(d - dot) * yRow[j]!),
        );
      }
    },
    logSoftmaxGrad(dy, y, dx, rows, n) {
      for (let r = 0; r < rows; r++) {
        const [dyRow, yRow] = [row(dy, r, n), row(y, r, n)];
        const total = sum(dyRow);
        put(
          dx,
          r,
          dyRow.map((d, j) => d - f(exp(yRow[j]!) * total)),
        );
      }
    },
    crossEntropy(x, targets, loss, rows, n) {
      for (let r = 0; r < rows; r++) {
        const { shifted, total } = softmaxParts(row(x, r, n));
        views.f32[word(loss) + r] = log(total) - shifted[views.i32[word(targets) + r]!]!;
      }
    },
    crossEntropyGrad(x, targets, dloss, dx, rows, n) {
      for (let r = 0; r < rows; r++) {
        const { exps, total } = softmaxParts(row(x, r, n));
        const [target, scale] = [views.i32[word(targets) + r]!, views.f32[word(dloss) + r]!];
        put(
          dx,
          r,
          exps.map((e, j) => f(f(e / total) - (j === target ? 1 : 0)) * scale),
        );
      }
    },
    correct(x, targets, out, rows, n) {
      for (let r = 0; r < rows; r++) {
        views.f32[word(out) + r] = indexOfMax(row(x, r, n)) === views.i32[word(targets) + r]! ? 1 : 0;
      }
    },
  };
}

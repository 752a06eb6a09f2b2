/** Naive twins: running sums and products, order, and triangles of matrices. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

type RowKernels = Pick<
  Kernels,
  'cumulativeSum' | 'cumulativeProduct' | 'cumulativeProductGrad' | 'argSort' | 'triangle'
>;

export function rowTwins(views: Views): RowKernels {
  const row = (at: Pointer, r: number, n: number) => views.f32.subarray(word(at) + r * n, word(at) + (r + 1) * n);
  return {
    cumulativeSum(x, out, rows, n, backwards) {
      for (let r = 0; r < rows; r++) {
        const values = row(x, r, n).slice();
        if (backwards) values.reverse();
        let sum = 0; // f64
        const sums = values.map((value) => (sum += value));
        row(out, r, n).set(backwards ? sums.reverse() : sums);
      }
    },
    cumulativeProduct(x, out, rows, n) {
      for (let r = 0; r < rows; r++) {
        let product = 1; // f64
        row(out, r, n).set(row(x, r, n).map((value) => (product *= value)));
      }
    },
    cumulativeProductGrad(dy, x, dx, rows, n) {
      for (let r = 0; r < rows; r++) {
        const [gradient, values, result] = [row(dy, r, n), row(x, r, n), row(dx, r, n)];
        let behind = 0; // f64
        for (let i = n - 1; i >= 0; i--) {
          behind += gradient[i]!;
          result[i] = behind;
          behind *= values[i]!;
        }
        let before = 1; // f64
        for (let i = 0; i < n; i++) {
          result[i] = before * result[i]!;
          before *= values[i]!;
        }
      }
    },
    argSort(x, out, rows, n, descending) {
      for (let r = 0; r < rows; r++) {
        const values = row(x, r, n);
        const compare = (a: number, b: number) =>
          Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || Number(a > b) - Number(a < b);
        const order = Array.from(values.keys()).sort((a, b) => {
          const ascending = compare(values[a]!, values[b]!);
          return descending ? -ascending : ascending;
        });
        views.i32.set(order, word(out) + r * n);
      }
    },
    triangle(x, out, rows, columns, diagonal, upper, start, count) {
      const { i32 } = views;
      for (let i = start; i < start + count; i++) {
        const distance = (i % columns) - (Math.floor(i / columns) % rows);
        const kept = upper ? distance >= diagonal : distance <= diagonal;
        i32[word(out) + i - start] = kept ? i32[word(x) + i - start]! : 0;
      }
    },
  };
}

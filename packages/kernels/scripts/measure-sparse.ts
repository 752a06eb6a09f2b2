/**
 * The cases of `measure.ts` for the products that skip zeros. Their GFLOPS are dense-equivalent: as if every zero had been
 * multiplied.
 */
import { type Kernels, sparseListBytes } from '../src/index.ts';

const MB = 1 << 20;
/** Addresses of the operands; `x` is the sparse one. */
const at = { tables: 64 * 1024, lists: MB, dense: 4 * MB, x: 8 * MB, out: 24 * MB } as const;
const samples = 64;

interface SparseCase {
  readonly name: string;
  readonly unit: string;
  readonly giga: number;
  readonly run: () => void;
}

/** Writes n floats at x, of which about `density` are not zero, once per case. */
function sparseWriter(memory: WebAssembly.Memory): (n: number, density: number) => void {
  let written = '';
  return (n, density) => {
    const key = `${n} ${density}`;
    if (written === key) return;
    written = key;
    const x = new Float32Array(memory.buffer, at.x, n);
    let state = 1;
    for (let i = 0; i < n; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      x[i] = (state >>> 0) / 2 ** 32 < density ? ((state >>> 0) % 1000) / 1000 - 0.5 + 1e-4 : 0;
    }
  };
}

export function sparseCases(kernels: Kernels, memory: WebAssembly.Memory): SparseCase[] {
  if (at.lists + sparseListBytes(64 + 19, 4 * 169) > at.dense) throw new Error('the lists do not fit');
  const write = sparseWriter(memory);
  const ints = (address: number, values: readonly number[]): void => {
    new Int32Array(memory.buffer, address, values.length).set(values);
  };
  const gemm = (density: number, rows: number, k: number, n: number): SparseCase => ({
    name: `gemmRowsSparse ${rows}×${k}×${n}, density ${density}`,
    unit: 'GFLOPS',
    giga: (2 * rows * k * n) / 1e9,
    run: () => {
      write(rows * k, density);
      kernels.gemmRowsSparse(at.x, k * 4, at.dense, 0, at.out, n * 4, rows, k, n, at.lists);
    },
  });
  // The gradient to the input of a 3×3 convolution without padding: 15×15×c ← 13×13×n, dy sparse.
  const [inSide, outSide] = [15, 13];
  const [inPixels, outPixels] = [inSide ** 2, outSide ** 2];
  const convGrad = (density: number, c: number, n: number): SparseCase => {
    const table = Array.from({ length: inPixels * 9 }, (_, entry) => {
      const [pixel, t] = [Math.floor(entry / 9), entry % 9];
      const [y, x] = [Math.floor(pixel / inSide) - Math.floor(t / 3), (pixel % inSide) - (t % 3)];
      return y >= 0 && y < outSide && x >= 0 && x < outSide ? y * outSide + x : -1;
    });
    return {
      name: `convRowsSparse 15×15×${c} ← 13×13×${n}, density ${density}`,
      unit: 'GFLOPS',
      giga: (2 * samples * outPixels * 9 * c * n) / 1e9,
      run: () => {
        write(samples * outPixels * n, density);
        ints(at.tables, table);
        kernels.convRowsSparse(
          ...[at.x, outPixels * n * 4, outPixels, at.tables, 9, n, at.dense, 0],
          ...([at.out, inPixels * c * 4, c * 4, samples, inPixels, c, at.lists] as const),
        );
      },
    };
  };
  const convWeights = (density: number, c: number, n: number, chunk: number): SparseCase => ({
    name: `outerRowsSparse 13×13 3×3 ${c}→${n}, density ${density}, chunks of ${chunk}`,
    unit: 'GFLOPS',
    giga: (2 * samples * outPixels * 9 * c * n) / 1e9,
    run: () => {
      write(samples * outPixels * n, density);
      const rows = Array.from(
        { length: outPixels },
        (_, r) => (Math.floor(r / outSide) * inSide + (r % outSide)) * c * 4,
      );
      ints(at.tables, rows);
      ints(
        at.tables + 4096,
        [0, 1, 2].map((t) => t * inSide * c * 4),
      ); // a row of three taps is contiguous
      for (let j = 0; j < n; j += 16) {
        kernels.outerRowsSparse(
          ...[
            at.dense,
            inPixels * c * 4,
            at.tables,
            at.tables + 4096,
            3,
            3 * c,
            at.x + j * 4,
            outPixels * n * 4,
            n * 4,
          ],
          ...([samples, outPixels, 16, chunk, at.out, 9 * c * 4, at.lists, 0] as const),
        );
      }
    },
  });
  const linearWeights = (density: number, columns: number): SparseCase => ({
    name: `outerRowsSparse linear ${samples}×512×512, density ${density}, ${columns} columns a call`,
    unit: 'GFLOPS',
    giga: (2 * samples * 512 * 512) / 1e9,
    run: () => {
      write(samples * 512, density);
      ints(at.tables, [0]);
      for (let j = 0; j < 512; j += columns) {
        kernels.outerRowsSparse(
          ...[at.dense, 2048, at.tables, at.tables, 1, 512, at.x + j * 4, 2048, 2048],
          ...([samples, 1, columns, samples, at.out + j * 2048, 2048, at.lists, 0] as const),
        );
      }
    },
  });
  return [
    ...[gemm(0.25, 64, 512, 512), gemm(0.5, 64, 512, 512), gemm(0.25, 64, 784, 1024), convGrad(0.15, 32, 64)],
    ...[
      convWeights(0.15, 32, 64, 1),
      convWeights(0.15, 32, 64, 4),
      convWeights(0.15, 3, 32, 4),
      linearWeights(0.4, 16),
      linearWeights(0.4, 64),
    ],
  ];
}

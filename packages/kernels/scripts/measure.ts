/**
 * Prints the speed of the products (GFLOPS) and of the dropout family (G elements/s) on one core, plain and with V8's revectorizer.
 * Run: node scripts/measure.ts [plain|flag]; without an argument both, each in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { activationOps, compileKernels, f32Bits, instantiateKernels, type Kernels } from '../src/index.ts';
import { sparseCases } from './measure-sparse.ts';

const MB = 1 << 20;
/** Addresses of the operands, far enough apart for every shape measured here. */
const at = {
  rate: 512,
  extents: 528,
  tmp: 1024,
  zeros: 2048,
  scratch: 8192,
  table: 64 * 1024,
  x: 4 * MB,
  w: 20 * MB,
  out: 36 * MB,
} as const;

interface Case {
  readonly name: string;
  readonly unit: string;
  /** Work of one call, in the unit's 10⁹. */
  readonly giga: number;
  readonly run: () => void;
}

/** Best time of a call over about 0.3 s. */
function bestMs(run: () => void): number {
  for (let i = 0; i < 20; i++) run();
  const once = performance.now();
  run();
  const repeats = Math.max(1, Math.round(5 / (performance.now() - once)));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 40; round++) {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    best = Math.min(best, (performance.now() - start) / repeats);
  }
  return best;
}

/** A 3×3 table over a padded or plain side × side image of k channels. */
function writeTable(memory: WebAssembly.Memory, side: number, k: number): void {
  const table = new Int32Array(memory.buffer, at.table);
  let entry = 0;
  for (let h = 0; h < side; h++) {
    for (let w = 0; w < side; w++) {
      for (let t = 0; t < 9; t++) {
        const y = h + Math.floor(t / 3) - 1;
        const x = w + (t % 3) - 1;
        const inside = y >= 0 && y < side && x >= 0 && x < side;
        table[entry++] = inside ? (y * side + x) * k * 4 : -1;
      }
    }
  }
}

function cases(kernels: Kernels, memory: WebAssembly.Memory): Case[] {
  const gemm = (rows: number, k: number, n: number): Case => ({
    name: `gemmRows ${rows}×${k}×${n}`,
    unit: 'GFLOPS',
    giga: (2 * rows * k * n) / 1e9,
    run: () => kernels.gemmRows(at.x, k * 4, at.w, 0, at.out, n * 4, rows, k, n, at.tmp),
  });
  const samples = 8;
  const pixels = 13 * 13;
  const conv = (k: number, n: number): Case => ({
    name: `convRows 13×13 3×3 ${k}→${n}, ${samples} samples`,
    unit: 'GFLOPS',
    giga: (2 * samples * pixels * 9 * k * n) / 1e9,
    run: () => {
      writeOnce(k);
      const [inBytes, outBytes] = [pixels * k * 4, pixels * n * 4];
      kernels.convRows(
        ...[at.x, inBytes, at.table, 9, k, at.w, 0, at.out, outBytes, n * 4, samples, pixels, n, at.zeros, at.tmp],
      );
    },
  });
  let written = 0;
  const writeOnce = (k: number): void => {
    if (written !== k) writeTable(memory, 13, k);
    written = k;
  };
  const outer = (k: number, n: number, chunk: number): Case => ({
    name: `outerRows 13×13 3×3 ${k}→${n}, chunks of ${chunk}`,
    unit: 'GFLOPS',
    giga: (2 * samples * pixels * 9 * k * n) / 1e9,
    run: () => {
      writeOnce(k);
      for (let j = 0; j < n; j += 16) {
        const dy = at.out + j * 4;
        kernels.outerRows(
          ...[at.x, pixels * k * 4, at.table, 9, k, dy, pixels * n * 4, n * 4, samples, pixels, 16, chunk, at.w, 0],
        );
      }
    },
  });
  const outerLinear: Case = {
    name: 'outerRows linear 64×512×512',
    unit: 'GFLOPS',
    giga: (2 * 64 * 512 * 512) / 1e9,
    run: () => {
      new Int32Array(memory.buffer, at.zeros, 1)[0] = 0;
      for (let j = 0; j < 512; j += 16) {
        kernels.outerRows(at.x, 2048, at.zeros, 1, 512, at.out + j * 4, 2048, 2048, 64, 1, 16, 64, at.w, 0);
      }
    },
  };
  const floats = 1 << 20;
  const drop = (n: number): Case => ({
    name: `dropout ${floats / n} rows of ${n}`,
    unit: 'G elements/s',
    giga: floats / 1e9,
    run: () => kernels.dropout(at.x, at.w, floats / n, n, 0, at.tmp, at.tmp + 8, 1, at.rate),
  });
  const groups = (name: string, [outer, count, inner]: readonly [number, number, number]): Case => ({
    name: `dropoutGroups ${name}, rows of ${outer}×${count}×${inner}`,
    unit: 'G elements/s',
    giga: floats / 1e9,
    run: () => {
      new Int32Array(memory.buffer, at.extents, 4).set([outer, count, inner, 1]);
      const rows = floats / (outer * count * inner);
      kernels.dropoutGroups(at.x, at.w, rows, at.extents, 0, at.tmp, at.tmp + 8, 1, at.rate, at.scratch);
    },
  });
  const gaussian = (n: number): Case => ({
    name: `gaussianDropout ${floats / n} rows of ${n}`,
    unit: 'G elements/s',
    giga: floats / 1e9,
    run: () => kernels.gaussianDropout(at.x, at.w, floats / n, n, 0, at.tmp, at.tmp + 8, 1, at.rate, at.scratch),
  });
  const activate = (name: keyof typeof activationOps): Case[] => [
    {
      name: `activation ${name}`,
      unit: 'G elements/s',
      giga: floats / 1e9,
      run: () => kernels.activation(activationOps[name], at.x, at.out, floats, f32Bits(1), f32Bits(20)),
    },
    {
      name: `activationGrad ${name}`,
      unit: 'G elements/s',
      giga: floats / 1e9,
      run: () => kernels.activationGrad(activationOps[name], at.w, at.x, at.out, floats, f32Bits(1), f32Bits(20)),
    },
  ];
  return [
    ...[gemm(64, 512, 512), gemm(64, 784, 1024), gemm(63, 512, 500)],
    ...[conv(32, 64), conv(3, 32), outer(32, 64, 1), outer(32, 64, 8), outer(3, 32, 8), outerLinear],
    ...[drop(floats), drop(1024), drop(32)],
    ...[groups('of elements', [1, 1024, 1]), groups('of pixels', [1024, 64, 1]), groups('of pixels', [1024, 4, 1])],
    ...[groups('of channels', [1, 64, 1024]), groups('of channels', [1, 64, 16]), groups('of samples', [1, 1, 4096])],
    ...[gaussian(floats), gaussian(1024)],
    ...[...activate('gelu'), ...activate('silu'), ...activate('hardswish')],
  ];
}

function measure(): void {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
  new Float32Array(memory.buffer, at.x).forEach((_, i, all) => {
    all[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;
  });
  new Float32Array(memory.buffer, at.zeros, 512).fill(0);
  new Uint32Array(memory.buffer, at.rate, 4).set([32768, f32Bits(2), f32Bits(0.5), f32Bits(-1)]);
  const kernels = instantiateKernels(compileKernels(), memory);
  for (const { name, unit, giga, run } of [...cases(kernels, memory), ...sparseCases(kernels, memory)]) {
    console.log(`  ${name.padEnd(60)} ${((giga / bestMs(run)) * 1e3).toFixed(2).padStart(8)} ${unit}`);
  }
}

const mode = process.argv[2];
if (mode === undefined) {
  for (const each of ['plain', 'flag']) {
    console.log(each);
    execFileSync(process.execPath, [import.meta.filename, each], { stdio: 'inherit' });
  }
} else {
  if (mode === 'flag') setFlagsFromString('--experimental-wasm-revectorize');
  measure();
}

/**
 * Prints the speed of the fused convolutions and their gradients on one core, for a batch of 64 of the seed network
 * (3×32×32, convolutions 3×3 to 32, 64 and 128 channels, each pooled), plain and with V8's revectorizer: ms a batch and
 * GFLOPS of the dense convolution that it stands for. A quarter of the windows' channels is dead in the gradients.
 * Run: node scripts/measure-fused.ts [plain|flag]; without an argument both, each in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { compileKernels, instantiateKernels, type Kernels } from '../src/index.ts';

const MB = 1 << 20;
/** Addresses of the operands, far enough apart for every shape measured here. */
const at = {
  scratch: 64 * 1024,
  table: 2 * MB,
  bias: 3 * MB,
  x: 4 * MB,
  w: 12 * MB,
  u: 16 * MB,
  out: 20 * MB,
  codes: 28 * MB,
  g: 30 * MB,
  dx: 38 * MB,
  dw: 46 * MB,
  dBias: 50 * MB,
} as const;
const samples = 64;

interface Layer {
  readonly name: string;
  readonly side: number;
  readonly channels: number;
  readonly n: number;
  /** Samples of a chunk of the weight gradient. */
  readonly chunk: number;
}

const layers: readonly Layer[] = [
  { name: 'conv1 3→32 on 32×32', side: 32, channels: 3, n: 32, chunk: 1 },
  { name: 'conv2 32→64 on 15×15', side: 15, channels: 32, n: 64, chunk: 2 },
  { name: 'conv3 64→128 on 6×6', side: 6, channels: 64, n: 128, chunk: 16 },
];

/** Best time of a call over about 0.2 s. */
function bestMs(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 200;
  for (let round = 0; round < 10 || performance.now() < end; round++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Which pixel of the convolution's output each tap of each input pixel goes to. */
function writeTable(memory: WebAssembly.Memory, side: number): void {
  const [table, o] = [new Int32Array(memory.buffer, at.table), side - 2];
  for (let i = 0; i < side * side * 9; i++) {
    const y = Math.floor(i / 9 / side) - Math.floor((i % 9) / 3);
    const x = (Math.floor(i / 9) % side) - (i % 3);
    table[i] = y >= 0 && y < o && x >= 0 && x < o ? y * o + x : -1;
  }
}

function runs(kernels: Kernels, layer: Layer): [string, () => void][] {
  const { side, channels, n, chunk } = layer;
  const [o, p, pixelBytes] = [side - 2, (side - 2) >> 1, channels * 4];
  const [rowBytes, sampleBytes] = [side * pixelBytes, side * side * pixelBytes];
  const all: [string, () => void][] = [
    [
      'convPool',
      () =>
        kernels.convPool(
          ...([at.x, sampleBytes, rowBytes, pixelBytes, 3, 3 * channels, at.w, at.bias, at.out, at.codes] as const),
          ...([samples, p, p, n, at.scratch] as const),
        ),
    ],
    [
      'poolConvWeightGradient',
      () => {
        for (let j = 0; j < n; j += 16) {
          kernels.poolConvWeightGradient(
            ...([at.g + 4 * j, at.codes + j, n, p, p, at.x, sampleBytes, rowBytes, pixelBytes] as const),
            ...([3, 3 * channels, samples, 16, chunk, at.dw, 36 * channels, at.dBias, at.scratch, 0] as const),
          );
        }
      },
    ],
  ];
  if (channels % 4 !== 0) return all;
  return [
    ...all,
    ['winogradPack', () => kernels.winogradPack(at.w, at.u, channels, n)],
    [
      'winogradPool',
      () =>
        kernels.winogradPool(
          ...([at.x, sampleBytes, rowBytes, channels, at.u, at.bias, at.out, at.codes] as const),
          ...([samples, p, p, n, at.scratch] as const),
        ),
    ],
    [
      'poolConvInputGradient',
      () =>
        kernels.poolConvInputGradient(
          ...([at.g, at.codes, p, p, o, o, n, at.table, 9, at.w, at.dx, sampleBytes, pixelBytes] as const),
          ...([samples, side * side, channels, at.scratch] as const),
        ),
    ],
  ];
}

function measure(): void {
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
  const floats = new Float32Array(memory.buffer, at.bias, (at.dx - at.bias) / 4);
  const fill = (): void => {
    for (let i = 0; i < floats.length; i++) floats[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;
  };
  const kernels = instantiateKernels(compileKernels(), memory);
  for (const layer of layers) {
    const { name, side, channels, n } = layer;
    const giga = (2 * samples * (((side - 2) >> 1) * 2) ** 2 * 9 * channels * n) / 1e9;
    for (const [kernel, run] of runs(kernels, layer)) {
      fill();
      writeTable(memory, side);
      // Codes that no neighbours share, a quarter of them 4.
      const codes = new Uint8Array(memory.buffer, at.codes, 2 * MB);
      let state = 1;
      for (let i = 0; i < codes.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        codes[i] = state >>> 30 === 0 ? 4 : (state >>> 20) & 3;
      }
      const ms = bestMs(run);
      const speed = kernel === 'winogradPack' ? '' : `${((giga / ms) * 1e3).toFixed(0).padStart(5)} GFLOPS`;
      console.log(`  ${name.padEnd(22)} ${kernel.padEnd(24)} ${ms.toFixed(3).padStart(7)} ms ${speed}`);
    }
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

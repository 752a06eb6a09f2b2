/**
 * Turns on V8's merging of 128-bit SIMD pairs into 256-bit instructions (`--experimental-wasm-revectorize`, Node ≥ 26): about twice the
 * speed, the same IEEE results. It is experimental, so the kernels prove themselves against their naive twins first.
 */
import { setFlagsFromString } from 'node:v8';
import {
  activationOps,
  compileKernels,
  f32Bits,
  instantiateKernels,
  type Kernels,
  pairLossOps,
} from '@lockstep/kernels';
import { createReferenceKernels } from '@lockstep/kernels/reference';

/** What the kernels run as: 128-bit SIMD, or pairs of it merged. The results are the same bits. */
export type KernelMode = 'wasm-simd' | 'wasm-simd-revectorized';

/** The V8 of Node 24 (13.6) ends the process when it optimises `dropout` with the flag, and gives other bits for `dropoutGroups`. */
const firstNode = 26;

/**
 * Call it before the first tensor is made: kernels that are compiled already stay as they are. Off where Node is older or something
 * else, where LOCKSTEP_REVECTORIZE=0, and where the self-test fails (`report` then says so).
 */
export function enableRevectorize(options: { report?: (line: string) => void } = {}): KernelMode {
  if (!isKnownEngine(process.versions) || process.env.LOCKSTEP_REVECTORIZE === '0') return 'wasm-simd';
  setFlagsFromString('--experimental-wasm-revectorize');
  if (kernelsAgreeWithTwins()) return 'wasm-simd-revectorized';
  setFlagsFromString('--no-experimental-wasm-revectorize');
  options.report?.('the revectorized kernels failed their self-test on this machine; plain SIMD is used instead');
  return 'wasm-simd';
}

/** Whether the flag is there and does no harm. Bun and Deno say that they are a Node, too: another engine, another V8. */
export function isKnownEngine({ node, bun, deno }: NodeJS.ProcessVersions): boolean {
  return bun === undefined && deno === undefined && Number.parseInt(node, 10) >= firstNode;
}

const words = 4096;
/** Where the operands begin; below lie scratch, a key and a step number. */
const operands = 4096;
/** Scratch of the kernels that keep lists, behind everything that is compared. */
const lists = operands + 32 * words;
/** Calls after which V8 has replaced its quick first code by optimised code, which is what the flag changes. */
const warmUpCalls = 60;

/** Runs the product kernels on both sides and compares every bit of two small memories. */
export function kernelsAgreeWithTwins(
  module: WebAssembly.Module = compileKernels(),
  instantiate: typeof instantiateKernels = instantiateKernels,
): boolean {
  const memories = [newMemory(), newMemory()] as const;
  const kernels = instantiate(module, memories[0]);
  for (let i = 0; i < warmUpCalls; i++) exercise(kernels);
  fillWith(memories[0]);
  fillWith(memories[1]);
  exercise(kernels);
  exercise(createReferenceKernels(memories[1]));
  // From the operands on: what kernels leave in their scratch is their own affair.
  const [a, b] = memories.map((memory) => new Int32Array(memory.buffer, operands, (lists - operands) / 4));
  return a!.every((value, i) => value === b![i]);
}

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
}

/** Deterministic numbers around 1 in the operand areas, so that a wrong order or a lost lane shows. */
function fillWith(memory: WebAssembly.Memory): void {
  new Int32Array(memory.buffer).fill(0);
  new Int32Array(memory.buffer, rate, 4).set([16384, f32Bits(4 / 3), f32Bits(0.5), f32Bits(-1)]);
  new Int32Array(memory.buffer, extents, 8).set([7, 20, 1, 1, 1, 2, 70, 1]);
  const values = new Float32Array(memory.buffer, operands, 4 * words);
  for (let i = 0; i < values.length; i++) values[i] = ((Math.imul(i, 0x9e3779b9) >>> 8) - 2 ** 23) / 2 ** 22;
}

/** A rate of dropout: what is kept is scaled by 4/3. */
const rate = 2064;
/** Rows of dropout by groups: 7×20×1 and 1×2×70. */
const extents = 2080;

function exercise(kernels: Kernels): void {
  const [x, w, out, tmp] = [operands, operands + 8 * words, operands + 16 * words, 512];
  kernels.packPanels(x, w, 1, 0, 20, 4, 33, 80, 0, 20 * 64);
  kernels.gemmRows(x, 80, w, x, out, 132, 19, 20, 33, tmp);
  kernels.gemmRowsSparse(x, 80, w, x, out + 4096, 132, 19, 20, 33, lists);
  kernels.outerRows(x, 80, 1024, 1, 20, w, 64, 64, 19, 1, 16, 8, out + 8192, 0);
  kernels.dropout(x, out + 12288, 3, 70, 5, 2048, 2056, 1, rate);
  kernels.uniformRows(out + 14336, 3, 70, 5, 2048, 2056, 2);
  kernels.dropoutGroups(x, out + 43008, 3, extents, 5, 2048, 2056, 1, rate, lists);
  kernels.dropoutGroups(x, out + 45056, 3, extents + 16, 5, 2048, 2056, 1, rate, lists);
  kernels.gaussianDropout(x, out + 47104, 3, 70, 5, 2048, 2056, 1, rate, lists);
  // A 6×6 image of 4 channels, pooled to 2×2: directly and by Winograd.
  kernels.convPool(x, 576, 96, 16, 3, 12, w, x, out + 16384, out + 20480, 2, 2, 2, 16, lists);
  kernels.winogradPool(x, 576, 96, 4, w, x, out + 24576, out + 28672, 2, 2, 2, 16, lists);
  // Three samples of five pixels of 20 channels, normalised, and back.
  const [moments, statistics, y, sums] = [out + 32768, out + 33792, out + 34816, out + 36864];
  kernels.batchNormMoments(x, 3, 5, 20, moments);
  kernels.batchNormStatistics(moments, 3, 5, 20, 0, 20, f32Bits(1), statistics);
  kernels.batchNorm(x, statistics, w, w, y, 15, 20, 1, tmp);
  kernels.batchNormGradSums(w, x, y, statistics, 3, 5, 20, sums);
  kernels.batchNormGrad(w, x, y, statistics, w, sums, out + 38912, 15, 20, 15, lists);
  exerciseElementwise(kernels, { x, w, out: out + 49152 });
}

/** Activations and losses, each way, on runs of 70 floats. */
function exerciseElementwise(kernels: Kernels, { x, w, out }: { x: number; w: number; out: number }): void {
  const [n, bytes, half, two] = [70, 288, f32Bits(0.5), f32Bits(2)];
  let to = out;
  const next = () => (to += bytes) - bytes;
  for (const op of Object.values(activationOps)) {
    kernels.activation(op, x, next(), n, half, two);
    kernels.activationGrad(op, w, x, next(), n, half, two);
  }
  // Not `bce`: its logarithms of these numbers are NaN, whose bits may differ.
  for (const op of [pairLossOps.bceWithLogits, pairLossOps.smoothL1, pairLossOps.huber]) {
    kernels.pairLoss(op, x, w, next(), n, half);
    kernels.pairLossGrad(op, w, x, x + 1024, next(), n, half);
  }
  kernels.prelu(x, w, next(), 7, 10, 1);
  kernels.preluGrad(w, x, w, next(), 7, 10, 1);
  kernels.preluGradSums(w, x, next(), 1, 7, 10, 1);
}

/**
 * Evaluates the seed network on random 3×32×32 images through `evaluate()`: dropout off, loss and accuracy. Included: compiling, which
 * every call of `evaluate` does. Prints images/s of the median call. Argument: {"workers", "count" (images a call), "blocks" (calls)}.
 */
import { defaultArena, manualSeed } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { arenaAllocator, evaluate } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

const options = JSON.parse(process.argv.at(-1)!) as { workers: number; count: number; blocks: number };
const { workers, count, blocks } = options;
const kernels = enableRevectorize();
const images = Uint8Array.from({ length: count * 3072 }, (_, i) => {
  const bits = Math.imul(i ^ (i >>> 15), 0x9e3779b9);
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24)) / 4;
});
const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
const data = arrayDataset({ images, labels, shape: [3, 32, 32], allocate: arenaAllocator(defaultArena()) });
manualSeed(0);
const model = new SeedNet([3, 32, 32], 10, { dropout: 0.25 });
const pool = new NodePool({ workers });
const rates: number[] = [];
for (let block = 0; block <= blocks; block++) {
  const started = performance.now();
  await evaluate({ model, data, pool });
  rates.push((1000 * count) / (performance.now() - started));
}
await pool.close();
// The first call warms up.
rates.shift();
rates.sort((a, b) => a - b);
console.log(JSON.stringify({ imagesPerSecond: rates[rates.length >> 1], kernels }));

/** One contender: trains the seed network on random 3×32×32 images and prints images per second. Usage: lockstep.ts WORKERS BATCH */
import { manualSeed, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

enableRevectorize();
const workers = Number(process.argv[2]);
const batchSize = Number(process.argv[3]);
const count = batchSize * Math.ceil(4096 / batchSize);

const pixels = count * 3 * 32 * 32;
const images = Uint8Array.from({ length: pixels }, (_, i) => Math.imul(i ^ (i >>> 7), 0x9e3779b9) >>> 24);
const labels = Int32Array.from({ length: count }, (_, i) => (Math.imul(i, 0x85ebca6b) >>> 8) % 10);
const data = arrayDataset({ images, labels, shape: [3, 32, 32] });

manualSeed(0);
const model = new SeedNet([3, 32, 32], 10, { dropout: 0.25 });
const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const pool = new NodePool({ workers });
const rates: number[] = [];
await train({
  model,
  optimizer,
  data,
  batchSize,
  epochs: 4,
  pool,
  onEvent: (event) => {
    if (event.type === 'epoch') rates.push(event.samplesPerSecond);
  },
});
await pool.close();
// The first epoch compiles and warms up.
rates.shift();
rates.sort((a, b) => a - b);
console.log(JSON.stringify({ imagesPerSecond: rates[Math.floor(rates.length / 2)] }));

/**
 * One epoch of the seed network on real MNIST, from the files to the trained weights. Included: reading and checking the files, starting
 * the workers, compiling, shuffling, normalising, training; left out: starting the process and loading the code.
 * Prints images/s over all of it. Argument: {"workers", "batch", "limit" (images)}.
 */
import { defaultArena, manualSeed, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

const { workers, batch, limit } = JSON.parse(process.argv.at(-1)!) as { workers: number; batch: number; limit: number };
const started = performance.now();
const kernels = enableRevectorize();
const pool = new NodePool({ workers });
const data = await loadDataset('mnist', { split: 'train', limit, allocate: arenaAllocator(defaultArena()) });
const loadMs = performance.now() - started;
manualSeed(0);
const model = new SeedNet(data.shape, 10, { dropout: 0.25 });
const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const { trainLoss } = await train({ model, optimizer, data, batchSize: batch, epochs: 1, pool });
const seconds = (performance.now() - started) / 1000;
await pool.close();
console.log(JSON.stringify({ imagesPerSecond: data.count / seconds, loadMs, trainLoss, kernels }));

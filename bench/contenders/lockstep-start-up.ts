/**
 * From the start of the process to the end of the first training step of the seed network on MNIST (all 60 000 images loaded), as
 * `lockstep train` goes about it: kernels self-tested, files read, workers started, program compiled.
 * Prints milliseconds since BENCH_STARTED_MS, which the runner sets when it starts the process. Argument: {"workers", "batch"}.
 */
import { defaultArena, manualSeed, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

const { workers, batch } = JSON.parse(process.argv.at(-1)!) as { workers: number; batch: number };
const sinceStart = (): number => performance.timeOrigin + performance.now() - Number(process.env.BENCH_STARTED_MS);
const importedMs = sinceStart();
const kernels = enableRevectorize();
const pool = new NodePool({ workers });
const data = await loadDataset('mnist', { split: 'train', allocate: arenaAllocator(defaultArena()) });
const loadedMs = sinceStart();
manualSeed(0);
const model = new SeedNet(data.shape, 10, { dropout: 0.25 });
const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const stop = new AbortController();
let firstStepMs = 0;
// Steps are reported by the segment; the first one is short (four steps), and all of it is counted.
await train({
  model,
  optimizer,
  data,
  batchSize: batch,
  epochs: 1,
  pool,
  signal: stop.signal,
  onEvent: () => {
    firstStepMs ||= sinceStart();
    stop.abort();
  },
});
await pool.close();
console.log(JSON.stringify({ milliseconds: firstStepMs, importedMs, loadedMs, kernels }));

/**
 * What the copies in memory cost, from which a run goes on when a worker is lost: their number, length and share of a training run with Adam.
 * Arguments: units of the two hidden layers (default 2048), steps (default 200), batch size (default 64).
 */
import { Adam, manualSeed } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { NodePool } from '../src/pool/node.ts';
import { MemoryCopy } from '../src/train/memory-copy.ts';
import { train } from '../src/train/trainer.ts';

const [units, steps, batchSize] = [process.argv[2] ?? 2048, process.argv[3] ?? 200, process.argv[4] ?? 64].map(
  Number,
) as [number, number, number];
const features = 784;
manualSeed(0);
const model = new MLP([features], 10, { hidden: [units, units], dropout: 0.5 });
const optimizer = new Adam(model.parameters());
const labels = Array.from({ length: steps * batchSize }, (_, i) => i % 10);
const data = arrayDataset({ features: new Float32Array(labels.length * features), labels, shape: [features] });
const took: number[] = [];
const { take } = MemoryCopy.prototype;
MemoryCopy.prototype.take = function (): void {
  const startedMs = performance.now();
  take.call(this);
  took.push(performance.now() - startedMs);
};

const pool = new NodePool();
const startedMs = performance.now();
await train({ model, optimizer, data, epochs: 1, batchSize, pool });
const runMs = performance.now() - startedMs;
await pool.close();
const copyMs = took.reduce((sum, ms) => sum + ms, 0);
// Three values for each parameter with Adam.
const mebibytes = (model.parameters().reduce((sum, { size }) => sum + size, 0) * 4 * 3) / 2 ** 20;
console.log(
  `${mebibytes.toFixed(1)} MiB: ${took.length} copies of ${(copyMs / took.length).toFixed(2)} ms in ${(runMs / 1000).toFixed(1)} s (${(runMs / steps).toFixed(1)} ms a step): ${((100 * copyMs) / runMs).toFixed(2)} %`,
);

/**
 * What a checkpoint costs: how long training pauses for the copy, and how much processor time copy, hashes and files take, as a share of a
 * minute of all cores. Arguments: units of the two hidden layers (default 2048), checkpoints (default 8).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam, manualSeed } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { train } from '@lockstep/scheduler';
import { CheckpointFolder, CheckpointWriter, NodePool } from '@lockstep/scheduler/node';

const [units, checkpoints] = [process.argv[2] ?? 2048, process.argv[3] ?? 8].map(Number) as [number, number];
const features = 784;
const samples = 64;
const path = mkdtempSync(join(tmpdir(), 'lockstep-cost-'));
const pool = new NodePool();
manualSeed(0);
const model = new MLP([features], 10, { hidden: [units, units], dropout: 0.5 });
const labels = Array.from({ length: samples }, (_, i) => i % 10);
const data = arrayDataset({ features: new Float32Array(samples * features), labels, shape: [features] });
const folder = await CheckpointFolder.open(path);

/** One checkpoint after the other, each written before the next: processor time and wall time of all of them and of the steps between. */
async function measure(written: boolean): Promise<{ cpuMs: number; pauseMs: number; diskMs: number; bytes: number }> {
  let [pauseMs, diskMs, bytes] = [0, 0, 0];
  const optimizer = new Adam(model.parameters(), { lr: 0 });
  let askedMs = 0;
  const writer = new CheckpointWriter({ folder, onSaved: () => void (diskMs += performance.now() - askedMs) });
  const started = process.cpuUsage();
  for (let i = 0; i < checkpoints; i++) {
    let stepMs = 0;
    const controller = new AbortController();
    await train({
      ...{ model, optimizer, data, pool, epochs: 1, batchSize: samples, signal: controller.signal },
      onEvent: () => void (stepMs = performance.now()),
      ...(written ? { snapshotEvery: { steps: 1 } } : {}),
      onSnapshot: (state) => {
        askedMs = performance.now();
        pauseMs += askedMs - stepMs;
        bytes = state.tensors.length;
        writer.submit(state);
      },
    });
    await writer.idle();
  }
  const { user, system } = process.cpuUsage(started);
  return { cpuMs: (user + system) / 1000, pauseMs, diskMs, bytes };
}

try {
  await measure(false);
  const without = await measure(false);
  const withFiles = await measure(true);
  const cpuMs = (withFiles.cpuMs - without.cpuMs) / checkpoints;
  const minute = 60_000 * availableParallelism();
  const share = (ms: number, of: number): string => `${((100 * ms) / of).toFixed(2)} %`;
  const pauseMs = withFiles.pauseMs / checkpoints;
  console.log(`${(withFiles.bytes / 2 ** 20).toFixed(1)} MiB a checkpoint, mean of ${checkpoints}`);
  console.log(`pause ${pauseMs.toFixed(1)} ms: ${share(pauseMs, 60_000)} of a minute`);
  console.log(
    `processor time ${cpuMs.toFixed(0)} ms: ${share(cpuMs, minute)} of a minute on ${availableParallelism()} cores`,
  );
  console.log(`on the disk after ${(withFiles.diskMs / checkpoints).toFixed(0)} ms`);
} finally {
  await pool.close();
  rmSync(path, { recursive: true, force: true });
}

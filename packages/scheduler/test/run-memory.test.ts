/** What a run needs of the memory is known before its first step, and one that needs too much is refused with the list. */
import os from 'node:os';
import { defaultArena, manualSeed, OutOfMemoryError, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { afterEach, expect, test, vi } from 'vitest';
import type { TrainEvent } from '../src/train/events.ts';
import { planStep } from '../src/train/plan.ts';
import { runMemory } from '../src/train/run-memory.ts';
import { arenaAllocator } from '../src/train/shared-data.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

afterEach(() => vi.restoreAllMocks());

const shape = [1, 28, 28] as const;
const labels = Array.from({ length: 70 }, (_, i) => i % 10);
const images = Uint8Array.from({ length: 70 * 784 }, (_, i) => (i * 7919) % 251);
// Read into the arena, so that no run copies them.
const allocate = arenaAllocator(defaultArena());
const data = arrayDataset({ images, labels, shape, allocate });

function subject() {
  manualSeed(3);
  const model = new SeedNet(shape, 10);
  return { model, optimizer: new SGD(model.parameters(), { lr: 0.02, momentum: 0.9 }) };
}

test('the plan is what the run takes', async () => {
  const { model, optimizer } = subject();
  const program = planStep({ model, optimizer, inputShape: shape, batchSize: 70 });
  const programs = [{ name: 'training step of 70', program }];
  const plan = runMemory({ model, optimizer, programs, dataBytes: 0, workers: 1 });
  expect(plan.parts.map(({ name }) => name)).toEqual([
    ...['parameters', 'state of SGD', 'training step of 70', 'scratch of 1 worker'],
  ]);
  expect(plan.bytes).toBe(plan.parts.reduce((sum, { bytes }) => sum + bytes, 0));
  const arena = defaultArena();
  const before = arena.usedBytes;
  let during = 0;
  const onEvent = () => {
    during = Math.max(during, arena.usedBytes);
  };
  await train({ model, optimizer, data, epochs: 1, batchSize: 70, onEvent });
  const [step, scratch] = plan.parts.slice(2).map(({ bytes }) => bytes) as [number, number];
  // The words and tables of the session come on top.
  expect(during - before).toBeGreaterThanOrEqual(step + scratch);
  expect(during - before).toBeLessThan(step + scratch + 16384);
});

test('a run for which there is too little free memory is refused before its first step, and a smaller one is not', async () => {
  const { model, optimizer } = subject();
  const arena = defaultArena();
  const [before, weights] = [arena.usedBytes, await weightsHash(model)];
  vi.spyOn(os, 'freemem').mockReturnValue(3 * 2 ** 20 - arena.memory.buffer.byteLength);
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const parts = { model, optimizer, data, test: data, epochs: 1, onEvent };
  const refused = train({ ...parts, batchSize: 64 });
  await expect(refused).rejects.toThrow(OutOfMemoryError);
  await expect(refused).rejects.toThrow(
    /^the run needs [\d.]+ MiB of memory, and 3 MiB are free: training step of 64 [\d.]+ MiB, .*evaluation of 70 [\d.]+ KiB.*; use a smaller batch size \(64 now\), micro-batches \(accumulate\), or a smaller model or data set$/,
  );
  expect(events).toEqual([]);
  expect(await weightsHash(model)).toBe(weights);
  // The collector may have given back more.
  expect(arena.usedBytes).toBeLessThanOrEqual(before);
  await train({ ...parts, batchSize: 2 });
  expect(events.filter(({ type }) => type === 'step')).toHaveLength(35);
});

test('a run beyond the shared memory is refused with the list, and nothing stays taken', async () => {
  const { model, optimizer } = subject();
  const arena = defaultArena();
  vi.spyOn(os, 'freemem').mockReturnValue(2 ** 40);
  const big = arrayDataset({
    ...{ images: new Uint8Array(6000 * 784), labels: new Array<number>(6000).fill(0), shape },
    ...{ allocate },
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  });
  const before = arena.usedBytes;
  // The memory cannot grow any more.
  vi.spyOn(arena.memory, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded');
  });
  const run = train({ model, optimizer, data: big, epochs: 1, batchSize: 6000 });
  await expect(run).rejects.toThrow(
    /^the run needs \d+ MiB of memory, and the shared memory holds at most 4 GiB: training step of 6000 \d+ MiB/,
  );
  expect(arena.usedBytes).toBeLessThanOrEqual(before);
});

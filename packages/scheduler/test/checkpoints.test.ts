/** Checkpoints on the disk: whole or not there, whatever call fails or is the last one of the process; which are kept; what is damaged. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CheckpointFolder, type CheckpointFolderOptions } from '../src/checkpoint/checkpoint-folder.ts';
import { CheckpointWriter } from '../src/checkpoint/checkpoint-writer.ts';
import { type FileSystem, nodeFiles } from '../src/checkpoint/files.ts';
import { train } from '../src/train/trainer.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { type Fault, faultyFiles } from './faulty-files.ts';
import { optimizers, points, tinyNet } from './tiny-problem.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-checkpoints-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'checkpoints');
}

/** States of a run, one an epoch. */
async function statesOf(epochs: number): Promise<TrainingState[]> {
  const model = tinyNet();
  const states: TrainingState[] = [];
  const data = points(20);
  const options = { model, optimizer: optimizers.sgd(model), data, test: data, epochs, batchSize: 10 };
  await train({ ...options, snapshotEvery: { epochs: 1 }, onSnapshot: (state) => states.push(state) });
  return states;
}

const [first, second, third] = (await statesOf(3)) as [TrainingState, TrainingState, TrainingState];

/** The state with another test of its weights; undefined: none. */
function tested(state: TrainingState, test?: { loss: number; accuracy: number }): TrainingState {
  const { steps } = state.optimizer;
  const evaluation = test && { epoch: 1, step: steps, result: { ...test, samples: 20 } };
  return { ...state, progress: { ...state.progress, evaluation } };
}

const open = (path: string, options: CheckpointFolderOptions = {}) => CheckpointFolder.open(path, options);
const stepOf = async (path: string) => (await (await open(path)).load())?.state.optimizer.steps;

test('what is saved is loaded, with the notes, and the newest comes first', async () => {
  const path = temporaryFolder();
  const folder = await open(path);
  expect(await folder.load()).toBeUndefined();
  await folder.save(first);
  await folder.save(second, { config: { lr: 0.1 }, versions: { node: '26' }, notes: { metricsBytes: 12 } });
  const loaded = await (await open(path)).load();
  expect(loaded).toMatchObject({
    name: '000002-step-4',
    sequence: 2,
    step: 4,
    skipped: [],
    manifest: { config: { lr: 0.1 }, versions: { node: '26' }, notes: { metricsBytes: 12 } },
  });
  expect(Buffer.compare(loaded!.state.tensors, second.tensors)).toBe(0);
  expect(loaded!.state.progress).toEqual(second.progress);
  expect(readdirSync(path).sort()).toEqual(
    ['000001-step-2', '000002-step-4'].flatMap((name) => [`${name}.json`, `${name}.safetensors`]),
  );
});

describe('which are kept', () => {
  const losses = [0.9, 0.3, 0.5, Number.NaN, 0.4, 0.3];
  const run = async (options: CheckpointFolderOptions) => {
    const path = temporaryFolder();
    const folder = await open(path, options);
    for (const loss of losses) await folder.save(tested(first, { loss, accuracy: 1 - loss }));
    const fresh = await open(path, options);
    expect(fresh.checkpoints).toEqual(folder.checkpoints);
    return { names: fresh.checkpoints.map(({ sequence }) => sequence), best: fresh.best?.sequence };
  };

  test('the last three and the first of the best', async () => {
    expect(await run({})).toEqual({ names: [2, 4, 5, 6], best: 2 });
    expect(await run({ best: 'testAccuracy' })).toEqual({ names: [2, 4, 5, 6], best: 2 });
    expect(await run({ keep: 1 })).toEqual({ names: [2, 6], best: 2 });
    expect(await run({ keep: 2, best: 'none' })).toEqual({ names: [5, 6], best: undefined });
  });

  test('the test of earlier weights says nothing about a checkpoint', async () => {
    const folder = await open(temporaryFolder());
    await folder.save({ ...second, progress: first.progress });
    expect(folder.best).toBeUndefined();
    await folder.save(tested(second, { loss: Number.NaN, accuracy: Number.NaN }));
    expect(folder.best).toBeUndefined();
    expect(folder.isBest({ loss: 5, accuracy: 0 })).toBe(true);
    expect(folder.isBest({ loss: Number.NaN, accuracy: 0 })).toBe(false);
  });

  test('keep is a number of at least 1', async () => {
    await expect(open(temporaryFolder(), { keep: 0 })).rejects.toThrow(
      'checkpoints: keep must be an integer ≥ 1, got 0',
    );
  });
});

describe('a call that fails', () => {
  /** Calls of one save that removes an old checkpoint too. */
  async function saveWith(at: number, fault: Fault) {
    const path = temporaryFolder();
    const before = await open(path, { keep: 1, best: 'none' });
    await before.save(first);
    const files = faultyFiles(at, fault);
    const folder = await open(path, { keep: 1, best: 'none', files });
    const error = await folder.save(second).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    return { path, folder, files, error };
  }

  test.each<Fault>(['EIO', 'ENOSPC', 'partial'])(
    '%s in any call of a save: an error or a whole checkpoint, never less',
    async (fault) => {
      const { files } = await saveWith(-1, fault);
      const calls = [...files.calls];
      expect(calls.filter((call) => call === 'rename')).toHaveLength(2);
      expect(calls.filter((call) => call === 'sync').length).toBeGreaterThanOrEqual(4);
      let failures = 0;
      for (const at of calls.keys()) {
        const { path, folder, error } = await saveWith(at, fault);
        const left = readdirSync(path);
        expect(left.filter((name) => name.endsWith('.incoming'))).toEqual([]);
        expect(await stepOf(path)).toBe(error ? 2 : 4);
        if (error) {
          failures++;
          expect(error.message).toContain(`injected into ${calls[at]}`);
          expect(left).toHaveLength(2);
        }
        // The fault is over: the next one is written.
        await folder.save(third);
        expect(await stepOf(path)).toBe(6);
      }
      // All but those that remove the old checkpoint.
      expect(failures).toBe(calls.lastIndexOf('rename') + 4);
    },
  );

  test('the last call of a process: the older or the newer checkpoint is whole, and leftovers go', async () => {
    const calls = (await saveWith(-1, 'crash')).files.calls.length;
    const steps: (number | undefined)[] = [];
    for (let at = 0; at < calls; at++) {
      const { path } = await saveWith(at, 'crash');
      steps.push(await stepOf(path));
      const next = await open(path, { keep: 1, best: 'none' });
      await next.removeLeftovers();
      const names = new Set(readdirSync(path).map((name) => name.replace(/\.[a-z]+$/, '')));
      expect([...names].sort()).toEqual(next.checkpoints.map(({ name }) => name));
      expect(readdirSync(path)).toHaveLength(2 * names.size);
      await next.save(third);
      expect(await stepOf(path)).toBe(6);
      expect(readdirSync(path)).toHaveLength(2);
    }
    expect(new Set(steps)).toEqual(new Set([2, 4]));
  });
});

describe('a damaged newest checkpoint', () => {
  async function three(): Promise<string> {
    const path = temporaryFolder();
    const folder = await open(path);
    for (const state of [first, second, third]) await folder.save(state);
    return path;
  }
  const newest = '000003-step-6';
  const changeByte = (file: string) => {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(file, bytes);
  };
  test.each([
    ['a changed byte of the tensors', (at: string) => changeByte(`${at}.safetensors`), /tensors have the hash/],
    ['tensors that are cut off', (at: string) => truncateSync(`${at}.safetensors`, 100), /cut off/],
    ['missing tensors', (at: string) => rmSync(`${at}.safetensors`), /ENOENT/],
    ['a changed byte of the manifest', (at: string) => changeByte(`${at}.json`), /000003-step-6\.json/],
    ['an empty manifest', (at: string) => truncateSync(`${at}.json`), /or damaged/],
  ])('%s: the one before is taken, and says what was skipped', async (_, damage, reason) => {
    const path = await three();
    damage(join(path, newest));
    const folder = await open(path);
    const loaded = await folder.load();
    expect(loaded).toMatchObject({ step: 4, skipped: [{ name: newest, reason: expect.stringMatching(reason) }] });
    // It counts as none of the three, and no number is used twice.
    await folder.save(third);
    expect(folder.checkpoints.map(({ sequence }) => sequence)).toEqual([1, 2, 4]);
    expect((await (await open(path)).load())!.skipped).toEqual([]);
  });

  test('all of them: there is none', async () => {
    const path = await three();
    for (const file of readdirSync(path)) truncateSync(join(path, file), 10);
    const folder = await open(path);
    expect(await folder.load()).toBeUndefined();
    expect(folder.damaged.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });
});

describe('the writer', () => {
  /** Writing waits at the first call until it is told to go on. */
  function slowFiles() {
    const gate = Promise.withResolvers<void>();
    const files: FileSystem = {
      ...nodeFiles,
      makeFolder: async (path) => {
        await gate.promise;
        await nodeFiles.makeFolder(path);
      },
    };
    return { files, go: gate.resolve };
  }

  test('never keeps training waiting; while it is busy only the newest state and the newest best one wait', async () => {
    const path = temporaryFolder();
    const { files, go } = slowFiles();
    const folder = await open(path, { files, keep: 9 });
    const saved: number[] = [];
    const writer = new CheckpointWriter({ folder, onSaved: ({ step }) => saved.push(step) });
    const at = (steps: number, loss?: number) =>
      tested(
        { ...first, optimizer: { ...first.optimizer, steps } },
        loss === undefined ? undefined : { loss, accuracy: 0 },
      );
    for (const state of [at(1), at(2), at(3, 0.5), at(4), at(5)]) writer.submit(state);
    expect(existsSync(path)).toBe(false);
    go();
    await writer.idle();
    expect(saved).toEqual([1, 3, 5]);
    writer.submit(at(6));
    await writer.idle();
    expect(saved).toEqual([1, 3, 5, 6]);
    await writer.idle();
  });

  test('tells a failure and goes on; what a checkpoint counts on is written before it', async () => {
    const path = temporaryFolder();
    const folder = await open(path, { files: faultyFiles(2, 'ENOSPC') });
    const order: string[] = [];
    const writer = new CheckpointWriter({
      folder,
      before: async () => void order.push('before'),
      onSaved: ({ step }) => order.push(`saved ${step}`),
      onError: (error, step) => order.push(`step ${step}: ${(error as Error).message}`),
    });
    writer.submit(first);
    await writer.idle();
    writer.submit(second);
    await writer.idle();
    expect(order).toEqual(['before', 'step 2: ENOSPC: injected into write', 'before', 'saved 4']);
  });
});

/** Files of a run: tensors, checkpoints, the record, metrics and locks. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Adam,
  decodeSafetensors,
  defaultArena,
  encodeSafetensors,
  FormatError,
  manualSeed,
  ReduceLROnPlateau,
  ShapeError,
  tensor,
  WeightAverage,
} from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { earlyStopping, encodeTrainingState, readStateManifest, type TrainingState } from '@lockstep/scheduler';
import { CheckpointFolder } from '@lockstep/scheduler/node';
import { CommandError } from '../../apps/cli/src/errors.ts';
import { metricsBytesOf, metricsOf } from '../../apps/cli/src/run/resume.ts';
import { lockRun } from '../../apps/cli/src/run/run-lock.ts';
import { encodeRecord, readRecord } from '../../apps/cli/src/run/run-record.ts';
import { Adviser } from '../../packages/scheduler/src/train/adviser.ts';
import { Callbacks } from '../../packages/scheduler/src/train/callbacks.ts';
import { Progress } from '../../packages/scheduler/src/train/progress.ts';
import { captureState, restoreState, type StatefulParts } from '../../packages/scheduler/src/train/training-state.ts';
import { type OpenReader, plain, utf8 } from '../reader.ts';
import { record } from './samples.ts';

const isFormatError = (thrown: unknown): boolean => thrown instanceof FormatError;
const isCommandError = (thrown: unknown): boolean => thrown instanceof CommandError;
const roomy = 2 ** 16;

/** Header text and what follows it → a file whose first 8 bytes say how long the header is. */
function withHeaderLength(content: Uint8Array): Uint8Array {
  const cut = content.indexOf(0);
  const header = cut < 0 ? content : content.subarray(0, cut);
  const file = new Uint8Array(8 + content.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(content, 8);
  return file;
}

export const safetensors: OpenReader = () => {
  const file = (): Uint8Array =>
    encodeSafetensors(
      {
        'fc.weight': tensor([[0, 2, 3]]),
        n: tensor([-5], { dtype: 'i32' }),
        b: tensor([7, 8, 9], { dtype: 'u8' }),
      },
      { format: 'lockstep', steps: '3' },
    );
  const wide = withHeaderLength(utf8(`{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}${'\0'.repeat(8)}`));
  const arena = defaultArena();
  return {
    layers: [
      plain(() => [file(), wide]),
      { seeds: () => [file().subarray(8), wide.subarray(8)], wrap: withHeaderLength },
    ],
    mostBytes: (length) => 2 * length + roomy,
    isOwn: isFormatError,
    read(input) {
      const before = arena.usedBytes;
      const { tensors } = decodeSafetensors(input, 'x.safetensors');
      // A block of the arena has at least 64 bytes.
      return Math.max(0, arena.usedBytes - before - 64 * Object.keys(tensors).length);
    },
  };
};

/** What a run consists of, newly made. */
function parts(): StatefulParts {
  manualSeed(7);
  const model = new MLP([3], 2, { hidden: [4] });
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    optimizer,
    average: new WeightAverage(model.parameters(), { kind: 'ema', decay: 0.9 }),
    order: { seed: 7, shuffle: true, batchSize: 4, samples: 12 },
    progress: new Progress(),
    plateau: new ReduceLROnPlateau(optimizer),
    adviser: new Adviser({ model, inputShape: [3] }),
    callbacks: new Callbacks({ callbacks: [earlyStopping({ restoreBest: true })], model, optimizer }),
  };
}

function capturedState(): TrainingState {
  const run = parts();
  run.progress.addStep({ loss: 0.5, right: 3, samples: 4 });
  const result = { loss: 0.4, accuracy: 0.75, samples: 8 };
  run.progress.addEvaluation({ epoch: 1, step: 0, result });
  run.adviser.afterEpoch({ epoch: 1, step: 3, trainLoss: 0.5, testLoss: 0.4, testAccuracy: 0.75 });
  return captureState(run);
}

const state = capturedState();
const files = await encodeTrainingState(state, {
  config: { lr: 0.1 },
  versions: { node: '26' },
  notes: { metricsBytes: 12 },
});

/** The manifest inside of a file's text → the file, with the hash that belongs to it. */
function withHash(content: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(content);
  try {
    const plainText = JSON.stringify(JSON.parse(text));
    const sha256 = createHash('sha256').update(plainText).digest('hex');
    return utf8(`{"sha256":"${sha256}","manifest":${text}}`);
  } catch {
    return utf8(`{"sha256":"0","manifest":${text}}`);
  }
}

const innerManifest = (): Uint8Array[] => [
  utf8(JSON.stringify((JSON.parse(files.manifest) as { manifest: unknown }).manifest)),
];

export const checkpointManifest: OpenReader = () => ({
  layers: [plain(() => [utf8(files.manifest)]), { seeds: innerManifest, wrap: withHash }],
  mostBytes: (length) => 4 * length + roomy,
  isOwn: isFormatError,
  read: (input) => readStateManifest(new TextDecoder().decode(input), 'x.json'),
});

/** A folder with one checkpoint whose manifest is the input: any of it is a checkpoint, or a damaged one with a reason. */
export const checkpointFolder: OpenReader = (folder) => {
  const name = join(folder, '000001-step-0');
  writeFileSync(`${name}.safetensors`, files.tensors);
  return {
    layers: [plain(() => [utf8(files.manifest)]), { seeds: innerManifest, wrap: withHash }],
    mostBytes: (length) => 4 * length + 2 * files.tensors.length + roomy,
    isOwn: isFormatError,
    async read(input) {
      writeFileSync(`${name}.json`, input);
      const opened = await CheckpointFolder.open(folder);
      const loaded = await opened.load();
      const [damage] = opened.damaged;
      if (!loaded && !damage) throw new RangeError('neither there nor damaged');
      // As the folder tells it to the user.
      if (damage) throw new FormatError(damage.reason);
    },
  };
};

/** A state whose every value is whole, put back into a run: what does not fit is refused, with nothing changed. */
export const resumedState: OpenReader = () => ({
  layers: [plain(() => [withHash(innerManifest()[0]!)]), { seeds: innerManifest, wrap: withHash }],
  mostBytes: (length) => 4 * length + 4 * files.tensors.length + roomy,
  isOwn: (thrown) =>
    isFormatError(thrown) || thrown instanceof RangeError || thrown instanceof ShapeError || isCommandError(thrown),
  async read(input) {
    const manifest = await readStateManifest(new TextDecoder().decode(input), 'x.json');
    const run = parts();
    const options = Object.keys(run.optimizer.groups[0]!);
    restoreState({ ...manifest.state, tensors: files.tensors }, run);
    metricsBytesOf({ manifest, name: 'x', sequence: 1, step: 0, state, skipped: [] });
    const group = run.optimizer.groups[0]!;
    if (Object.getPrototypeOf(group) !== Object.prototype || Object.keys(group).join() !== options.join())
      throw new TypeError('a state changed what the optimizer is');
  },
});

export const runRecord: OpenReader = (folder) => ({
  layers: [plain(() => [utf8(encodeRecord(record)), utf8(JSON.stringify({ format: 1, ...record }))])],
  mostBytes: (length) => 2 * length + roomy,
  isOwn: isCommandError,
  read(input) {
    writeFileSync(join(folder, 'run.json'), input);
    const { config, dataset } = readRecord(folder);
    if (config.model.startsWith('.') || config.epochs < 1 || !Array.isArray(dataset.classes))
      throw new RangeError('it is no record');
  },
});

export const runLock: OpenReader = (folder) => {
  const claim = { pid: 2 ** 22, host: 'elsewhere', since: new Date(0).toISOString(), boot: 'x', began: '1' };
  mkdirSync(join(folder, 'run'));
  const path = join(folder, 'run', '.lock-12345-abcdef');
  return {
    layers: [plain(() => [utf8(JSON.stringify({ ...claim, host: 'x' })), utf8(JSON.stringify(claim))])],
    mostBytes: (length) => 2 * length + roomy,
    isOwn: isCommandError,
    read(input) {
      writeFileSync(path, input);
      try {
        lockRun(join(folder, 'run')).release();
      } catch (thrown) {
        // A claim of another host counts: that is no damage.
        if (!isCommandError(thrown)) throw thrown;
      }
      const left = readdirSync(join(folder, 'run')).filter((name) => !path.endsWith(name));
      if (left.length > 0) throw new RangeError(`left behind: ${left.join(', ')}`);
      rmSync(path, { force: true });
    },
  };
};

export const metrics: OpenReader = (folder) => ({
  layers: [plain(() => [utf8('{"type":"step","step":1}\n{"type":"step","step":2}\n')])],
  mostBytes: (length) => length + roomy,
  isOwn: isCommandError,
  read(input) {
    writeFileSync(join(folder, 'metrics.jsonl'), input);
    for (const bytes of [0, 30, 2 ** 53 - 1]) {
      const kept = metricsOf({ path: folder, record }, bytes);
      if (kept.length > Math.min(bytes, input.length) || (kept.length > 0 && kept.at(-1) !== 10))
        throw new RangeError('not whole lines of what is there');
    }
  },
});

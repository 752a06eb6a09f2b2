/** What our own writers write, our readers read, whatever the content. (Safetensors: core/test/safetensors.test.ts.) */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encodeSafetensors, tensor } from '@lockstep/core';
import { decodePng } from '@lockstep/data';
import { readCsv } from '@lockstep/data/node';
import { decodeTrainingState, encodeTrainingState, type TrainingState } from '@lockstep/scheduler';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { encodeRecord, readRecord } from '../../apps/cli/src/run/run-record.ts';
import { pngFile, record } from '../readers/samples.ts';

const runs = { numRuns: 200, seed: 1 };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-round-trips-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('states of a run, with every number that there is', async () => {
  const any = fc.double();
  const count = fc.nat();
  const arbitrary = fc.record({
    values: fc.array(fc.float(), { minLength: 1, maxLength: 8 }),
    loss: any,
    trainLoss: any,
    epoch: fc.integer({ min: 1 }),
    steps: count,
    seed: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    options: fc.dictionary(fc.string(), fc.oneof(any, fc.boolean(), fc.tuple(any, any)), { noNullPrototype: true }),
    remembered: fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ values, loss, trainLoss, epoch, steps, seed, options, remembered }) => {
      const tensors = encodeSafetensors({ 'model.w': tensor(values) });
      const state: TrainingState = {
        tensors,
        weights: { from: tensors.length - 4 * values.length, to: tensors.length },
        order: { seed, shuffle: true, batchSize: 4, samples: 12 },
        progress: {
          ...{ epoch, stepsDone: 0, told: false, epochs: epoch - 1, trainLoss },
          sums: { loss, right: 0, samples: 0 },
          evaluation: { epoch, step: steps, result: { loss, accuracy: Number.NaN, samples: 3 } },
        },
        optimizer: { name: 'Adam', steps, groups: [{ params: 1, options }] },
        callbacks: { ended: false, values: [null, remembered] },
      };
      const decoded = await decodeTrainingState(await encodeTrainingState(state));
      expect(decoded.state).toEqual(state);
    }),
    runs,
  );
});

test('records of runs', () => {
  const folder = temporaryFolder();
  const positive = fc.integer({ min: 1 });
  const arbitrary = fc.record({
    lr: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    epochs: positive,
    data: fc.string(),
    classes: fc.array(fc.string()),
    error: fc.string(),
  });
  fc.assert(
    fc.property(arbitrary, ({ lr, epochs, data, classes, error }) => {
      const { config, dataset } = record;
      const written = { ...record, error, config: { ...config, lr, epochs, data }, dataset: { ...dataset, classes } };
      writeFileSync(join(folder, 'run.json'), encodeRecord(written));
      expect(readRecord(folder)).toEqual({ format: 1, ...written });
    }),
    runs,
  );
});

test('PNG of every kind and size', () => {
  const kind = fc.constantFrom([0, 1] as const, [2, 3] as const, [4, 2] as const, [6, 4] as const);
  const extent = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(kind, extent, extent, fc.nat(255), ([colour, channels], width, height, start) => {
      const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37 + start) & 0xff);
      const rows = Buffer.alloc(height * (1 + width * channels));
      for (let y = 0; y < height; y++)
        rows.set(pixels.subarray(y * width * channels, (y + 1) * width * channels), y * (1 + width * channels) + 1);
      const file = pngFile({ width, height, colour, data: deflateSync(rows) });
      expect(decodePng(file, { where: 'x.png' })).toEqual({ data: pixels, width, height, channels });
    }),
    runs,
  );
});

test('tables of numbers and quoted classes', async () => {
  const path = join(temporaryFolder(), 'table.csv');
  // A template writes −0 as 0.
  const cell = fc.double({ min: -3e38, max: 3e38, noNaN: true }).map((value) => value + 0);
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '"', ',', '\n', 'é', '-', '5'), minLength: 1 });
  const label = name.map((text) => `x${text}x`);
  const rows = fc.array(fc.tuple(cell, cell, label), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, async (table) => {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const lines = table.map(([a, b, c]) => `${a},${b},${quoted(c)}`);
      writeFileSync(path, `a,b,class\n${lines.join('\n')}\n`);
      const read = await readCsv(path, { label: 'class' });
      expect([...read.features]).toEqual(table.flatMap((line) => line.slice(0, 2)));
      expect(Array.from(read.labels, (number) => read.classes[number])).toEqual(table.map(([, , c]) => c));
    }),
    runs,
  );
});

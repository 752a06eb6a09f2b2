/** Valid files that several use. */
import { crc32 } from 'node:zlib';
import type { RunRecord } from '../../apps/cli/src/run/run-record.ts';

/** A chunk of a PNG file, with its length and checksum. */
export function pngChunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG file of 8-bit pixels with these packed rows, in two chunks, after `others`. */
export function pngFile(of: {
  readonly width: number;
  readonly height: number;
  readonly colour: number;
  readonly data: Uint8Array;
  readonly others?: readonly Buffer[];
}): Buffer {
  const { width, height, colour, data, others = [] } = of;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour], 8);
  const halves = [data.subarray(0, 9), data.subarray(9)].map((half) => pngChunk('IDAT', half));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', header), ...others, ...halves, pngChunk('IEND', Buffer.alloc(0))]);
}

export const record: RunRecord = {
  status: 'interrupted',
  startedAt: '2026-11-01T10:00:00.000Z',
  finishedAt: '2026-11-01T10:01:00.000Z',
  branchOf: { run: '/runs/x', step: 3 },
  config: {
    model: 'mlp',
    data: 'mnist',
    epochs: 3,
    batchSize: 32,
    optimizer: 'adam',
    lr: 0.001,
    weightDecay: 0,
    lrSchedule: { kind: 'chained', schedules: [{ kind: 'linear' }, { kind: 'cosine', tMax: 9 }] },
    dropoutSchedule: { kind: 'constant' },
    seed: 1,
    workers: 2,
    shards: 4,
    limit: 100,
  },
  dataset: { shape: [1, 28, 28], classes: ['0', '1'], trainCount: 100, testCount: 20 },
  versions: { node: '26' },
};

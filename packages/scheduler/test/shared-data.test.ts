/** Data sets in the arena: a copy goes with its session, and what was decoded there is not copied. */
import { Arena } from '@lockstep/core';
import { arrayDataset } from '@lockstep/data';
import { expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { Session } from '../src/train/session.ts';
import { arenaAllocator, shareData } from '../src/train/shared-data.ts';

/** 1.5 MiB, more than an arena has at first. */
const features = Float32Array.from({ length: 3 * 2 ** 17 }, (_, i) => i);
const options = { features, labels: new Uint8Array(3 * 2 ** 15), shape: [4] };

test('a copy that makes the memory grow has every value, and is given back', () => {
  const arena = new Arena({ maximumBytes: 2 ** 24 });
  const session = new Session({ arena, pool: new InlinePool(), hyperWords: 0 });
  const { inputs } = shareData(arrayDataset(options), session);
  const copy = new Float32Array(arena.memory.buffer, inputs.kind === 'rows' ? inputs.address : 0, features.length);
  expect(Buffer.compare(Buffer.from(copy), Buffer.from(features))).toBe(0);
  expect(arena.usedBytes).toBeGreaterThan(features.byteLength);
  session.release();
  expect(arena.usedBytes).toBe(0);
});

test('what was decoded into the arena stays where it is, also after the memory has grown', () => {
  const arena = new Arena({ maximumBytes: 2 ** 24 });
  const small = { features: features.subarray(0, 40), labels: new Uint8Array(10), shape: [4] };
  const dataset = arrayDataset({ ...small, allocate: arenaAllocator(arena) });
  arena.free(arena.allocate(2 ** 22));
  const session = new Session({ arena, pool: new InlinePool(), hyperWords: 0 });
  const before = arena.usedBytes;
  expect(shareData(dataset, session).inputs).toMatchObject({ address: dataset.features.byteOffset });
  expect(arena.usedBytes).toBe(before);
  session.release();
});

/** Philox4x32-10 against the known answers of Random123 (kat_vectors), in the kernel and in its twin. */
import { expect, test } from 'vitest';
import { philoxBlock } from '../src/reference/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, u32 } = createFixture(1);

const knownAnswers = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const;

test.each(knownAnswers)(
  'the block of counter $counter and key $key is the published one',
  ({ counter, key, words }) => {
    u32.set(counter, 64);
    u32.set(key, 80);
    kernels.philox(1024, 1, 256, 320);
    expect([...u32.subarray(256, 260)]).toEqual(words);
    expect(philoxBlock([...counter], key)).toEqual(words);
  },
);

test('the first counter word wraps from block to block and does not carry', () => {
  u32.set([0xffffffff, 7, 0, 0], 64);
  u32.set([1, 2], 80);
  kernels.philox(1024, 2, 256, 320);
  expect([...u32.subarray(260, 264)]).toEqual(philoxBlock([0, 7, 0, 0], [1, 2]));
});

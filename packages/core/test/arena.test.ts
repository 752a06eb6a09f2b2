/** The shared memory and its allocator: alignment, re-use, merging, growth, limits. */
import { Arena, type Block, defaultArena, OutOfMemoryError, tensor } from '@lockstep/core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const mebibyte = 2 ** 20;
const newArena = () => new Arena({ maximumBytes: 64 * mebibyte });

test('blocks are whole cache lines, aligned to 64 bytes, and never at address 0', () => {
  const arena = newArena();
  const blocks = [1, 64, 65, 0, 1000].map((bytes) => arena.allocate(bytes));
  expect(blocks.map(({ bytes }) => bytes)).toEqual([64, 64, 128, 64, 1024]);
  for (const { offsetBytes } of blocks) {
    expect(offsetBytes % 64).toBe(0);
    expect(offsetBytes).toBeGreaterThan(0);
  }
  expect(arena.usedBytes).toBe(64 + 64 + 128 + 64 + 1024);
});

test('a freed block is handed out again, the lowest that fits first', () => {
  const arena = newArena();
  const [a, b, c] = [arena.allocate(256), arena.allocate(128), arena.allocate(64)] as [Block, Block, Block];
  arena.free(a);
  expect(arena.allocate(100).offsetBytes).toBe(a.offsetBytes);
  expect(arena.allocate(128).offsetBytes).toBe(a.offsetBytes + 128);
  expect(arena.allocate(64).offsetBytes).toBe(c.offsetBytes + 64);
  arena.free(b);
  expect(arena.allocate(192).offsetBytes).toBe(c.offsetBytes + 128);
  expect(arena.allocate(128)).toEqual(b);
});

test.each([
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
])('neighbours freed in the order %i, %i, %i merge into one hole', (...order) => {
  const arena = newArena();
  const blocks = [arena.allocate(64), arena.allocate(128), arena.allocate(64)];
  arena.allocate(64);
  for (const index of order) arena.free(blocks[index]!);
  expect(arena.usedBytes).toBe(64);
  expect(arena.allocate(256)).toEqual({ offsetBytes: blocks[0]!.offsetBytes, bytes: 256 });
});

test('no two live blocks share a byte, whatever is allocated and freed, and the count of used bytes is right', () => {
  const arena = newArena();
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 500 })), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(steps, (list) => {
      const before = arena.usedBytes;
      const live: Block[] = [];
      for (const [release, size] of list) {
        if (release && live.length > 0) arena.free(live.splice(size % live.length, 1)[0]!);
        else live.push(arena.allocate(size));
        const sorted = live.toSorted((a, b) => a.offsetBytes - b.offsetBytes);
        sorted.forEach((block, i) => {
          if (i > 0)
            expect(block.offsetBytes).toBeGreaterThanOrEqual(sorted[i - 1]!.offsetBytes + sorted[i - 1]!.bytes);
        });
        expect(arena.usedBytes - before).toBe(live.reduce((sum, { bytes }) => sum + bytes, 0));
      }
      for (const block of live) arena.free(block);
      expect(arena.usedBytes).toBe(before);
    }),
    { numRuns: 100, seed: 5 },
  );
});

test('a block freed twice is refused, and stays free once', () => {
  const arena = newArena();
  const [a, b] = [arena.allocate(64), arena.allocate(64)] as [Block, Block];
  arena.allocate(64);
  arena.free(a);
  expect(() => arena.free(a)).toThrow(/free: the block at \d+ is free already/);
  arena.free(b);
  expect(() => arena.free(b)).toThrow(/is free already/);
  expect(() => arena.free({ ...a })).toThrow(/is free already/);
  expect(arena.usedBytes).toBe(64);
  expect(arena.allocate(64)).toEqual(a);
  expect(arena.allocate(64)).toEqual(b);
});

test('growth keeps old views and addresses valid, and new memory is seen by all', () => {
  const arena = newArena();
  const block = arena.allocate(64);
  const view = new Float32Array(arena.memory.buffer, block.offsetBytes, 4);
  view.set([1, 2, 3, 4]);
  const before = arena.memory.buffer.byteLength;
  const large = arena.allocate(8 * mebibyte);
  expect(arena.memory.buffer.byteLength).toBeGreaterThan(before);
  expect([...view]).toEqual([1, 2, 3, 4]);
  view[0] = 9;
  expect(new Float32Array(arena.memory.buffer, block.offsetBytes, 1)[0]).toBe(9);
  arena.kernels.fill(large.offsetBytes, 2, 0x40400000);
  expect([...new Float32Array(arena.memory.buffer, large.offsetBytes, 2)]).toEqual([3, 3]);
});

test('the last 4 KiB are never handed out, so that kernels may read past a row', () => {
  const arena = newArena();
  let end = 0;
  for (let i = 0; i < 300; i++) {
    const block = arena.allocate(10_000);
    end = block.offsetBytes + block.bytes;
    expect(arena.memory.buffer.byteLength - end).toBeGreaterThanOrEqual(4096);
  }
  expect(end).toBeGreaterThan(2.9e6);
});

test('a request beyond the limit is an OutOfMemoryError with the numbers, and leaves the arena usable', () => {
  const arena = new Arena({ maximumBytes: 2 * mebibyte });
  const used = arena.usedBytes;
  expect(() => arena.allocate(3 * mebibyte)).toThrow(OutOfMemoryError);
  expect(() => arena.allocate(3 * mebibyte)).toThrow(
    'the shared memory cannot grow to 4 MiB (3145728 bytes asked, limit 2 MiB); use a smaller batch or data set',
  );
  expect(arena.usedBytes).toBe(used);
  expect(arena.allocate(mebibyte).bytes).toBe(mebibyte);
});

test('clear zeroes a block and nothing beside it', () => {
  const arena = newArena();
  const [a, b, c] = [arena.allocate(64), arena.allocate(64), arena.allocate(64)] as [Block, Block, Block];
  for (const { offsetBytes } of [a, b, c]) new Uint8Array(arena.memory.buffer, offsetBytes, 64).fill(7);
  arena.clear(b);
  const bytes = new Uint8Array(arena.memory.buffer, a.offsetBytes, 192);
  expect([...bytes]).toEqual([...new Array(64).fill(7), ...new Array(64).fill(0), ...new Array(64).fill(7)]);
});

test('memory is shared, tensors live in the default arena unless another is given, and arenas do not mix', () => {
  const arena = newArena();
  expect(arena.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(defaultArena()).toBe(defaultArena());
  const [here, there] = [tensor([1, 2]), tensor([3, 4], { arena })];
  expect(here.data.buffer).toBe(defaultArena().memory.buffer);
  expect(there.add(1).data.buffer).toBe(arena.memory.buffer);
  expect(() => here.add(there).data).toThrow(/the tensors come from different arenas; create them in one/);
});

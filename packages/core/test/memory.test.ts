/** The life of a tensor's memory: given back when nothing shows it any more, kept as long as something does. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Arena, type Tensor, tensor } from '@lockstep/core';
import { expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Collects until `done`, giving finalisers their turn of the event loop each time. */
async function collect(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !done(); turn++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const count = 1 << 16;
const filled = (arena: Arena, value: number) => tensor(new Float32Array(count).fill(value), { arena });
const newArena = () => new Arena({ maximumBytes: 2 ** 28 });

test('the memory of tensors and results that nobody holds is given back', async () => {
  const arena = newArena();
  (() => {
    const x = filled(arena, 1);
    for (let i = 0; i < 20; i++) expect(x.mul(i).add(1).data[0]).toBe(i + 1);
  })();
  expect(arena.usedBytes).toBeGreaterThan(20 * count * 4);
  await collect(() => arena.usedBytes < 4096);
  expect(arena.usedBytes).toBeLessThan(4096);
});

test('a view, a tensor made from another, and the array of .data keep the memory they show', async () => {
  const arena = newArena();
  const kept = (() => {
    const result = filled(arena, 1).add(1);
    void result.data;
    return { row: result.reshape([256, 256]).at(3), data: filled(arena, 5).add(2).data, lazy: filled(arena, 3).add(4) };
  })();
  const expected = 3 * count * 4;
  await collect(() => arena.usedBytes <= expected + 4096);
  expect(arena.usedBytes).toBeGreaterThanOrEqual(expected);
  expect(arena.usedBytes).toBeLessThan(expected + 4096);
  // What was freed is handed out again, and must not reach what is kept.
  const others = Array.from({ length: 8 }, () => filled(arena, -1));
  expect([new Set(kept.row.data), new Set(kept.data), new Set(kept.lazy.data)]).toEqual([
    new Set([2]),
    new Set([7]),
    new Set([7]),
  ]);
  expect(others[7]!.data[0]).toBe(-1);
});

test('a loss that is read in each step does not keep the steps before', async () => {
  const arena = newArena();
  const weight = tensor(new Float32Array(count), { arena, requiresGrad: true });
  const step = (): number => {
    const loss = (weight.sub(1) as Tensor).square().mean();
    loss.backward();
    weight.grad = null;
    return loss.item();
  };
  for (let i = 0; i < 20; i++) expect(step()).toBe(1);
  await collect(() => arena.usedBytes <= count * 4 + 4096);
  expect(arena.usedBytes).toBeLessThan(count * 4 + 4096);
});

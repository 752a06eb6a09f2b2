/** The copy in memory: what it holds, and that it is made seldom enough to cost less than 1 % of the work. */
import { markWritten, tensor } from '@lockstep/core';
import { expect, test } from 'vitest';
import { MemoryCopy } from '../src/train/memory-copy.ts';

test('restore puts back the values of the last copy, of every dtype, as often as it is asked for', () => {
  const [weights, counts] = [tensor([1, -0, Number.NaN, 1e-45]), tensor([1, 2, 3], { dtype: 'i32' })];
  const bitsOf = (): number[][] => [weights, counts].map(({ data }) => [...new Uint32Array(data.slice().buffer)]);
  const copy = new MemoryCopy([weights, counts]);
  weights.data[0] = 2;
  copy.take();
  const kept = bitsOf();
  for (let i = 0; i < 2; i++) {
    weights.data.fill(7);
    counts.data.fill(7);
    copy.restore();
    expect(bitsOf()).toEqual(kept);
  }
  weights.data[0] = 5;
  copy.take();
  weights.data[0] = 6;
  copy.restore();
  expect(weights.data[0]).toBe(5);
});

test.each([
  [0.5, 3],
  [20, 7],
  [20, 190],
  [1, 1000],
])('copies of %d ms among segments of %d ms take 1 % of the work at most', (copyMs, segmentMs) => {
  let nowMs = 0;
  let copies = 0;
  const copy = new MemoryCopy([tensor([1])], () => (nowMs += copyMs));
  const segments = 2000;
  for (let i = 0; i < segments; i++) {
    if (copy.due) {
      copy.take();
      copies++;
    }
    copy.addWork(segmentMs);
  }
  // Each look at the clock is one copy later than the last.
  expect(copies * copyMs).toBeLessThanOrEqual(0.01 * segments * segmentMs + copyMs);
  // As often as that allows, as far as segments go: so little is lost.
  expect(copies).toBeGreaterThanOrEqual(Math.floor(segments / Math.ceil((100 * copyMs) / segmentMs)));
});

test('a copy is due at once when something other than the work wrote a tensor, or a view of it', () => {
  const weights = tensor([1, 2]);
  const copy = new MemoryCopy([tensor([1]), weights]);
  expect([copy.valid, copy.due]).toEqual([false, true]);
  for (const write of [() => weights.copyFrom([3, 4]), () => markWritten([weights.reshape([2, 1])])]) {
    copy.take();
    expect([copy.valid, copy.due]).toEqual([true, false]);
    write();
    expect([copy.valid, copy.due]).toEqual([false, true]);
  }
});

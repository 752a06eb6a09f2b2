/** The memory plan: values that live at one time never share bytes, others do where they can. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planMemory } from '../src/compile/memory-plan.ts';

const lifetime = fc
  .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }))
  .map(([bytes, a, b]) => ({ bytes, from: Math.min(a, b), to: Math.max(a, b) }));

test('no two lifetimes that overlap in time overlap in memory, and all lie within the bytes planned', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const { offsets, bytes } = planMemory(lifetimes);
      lifetimes.forEach((a, i) => {
        expect(offsets[i]! % 64).toBe(0);
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
        lifetimes.slice(0, i).forEach((b, j) => {
          if (a.from > b.to || b.from > a.to) return;
          const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
          expect(apart, JSON.stringify({ a, b, offsets })).toBe(true);
        });
      });
    }),
    { numRuns: 300, seed: 2 },
  );
});

test('the plan is at least what lives at the busiest moment and at most everything side by side', () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 30 }), (lifetimes) => {
      const { bytes } = planMemory(lifetimes);
      const at = (moment: number) =>
        lifetimes.reduce((sum, l) => sum + (l.from <= moment && moment <= l.to ? l.bytes : 0), 0);
      for (let moment = 0; moment <= 20; moment++) expect(bytes).toBeGreaterThanOrEqual(at(moment));
      expect(bytes).toBeLessThanOrEqual(lifetimes.reduce((sum, l) => sum + Math.ceil(l.bytes / 64) * 64, 0));
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('values one after the other share their bytes; inclusive ends do not', () => {
  const a = { bytes: 100, from: 0, to: 1 };
  expect(planMemory([a, { bytes: 100, from: 2, to: 3 }])).toEqual({ offsets: [0, 0], bytes: 128 });
  expect(planMemory([a, { bytes: 100, from: 1, to: 3 }])).toEqual({ offsets: [0, 128], bytes: 256 });
  expect(planMemory([])).toEqual({ offsets: [], bytes: 0 });
});

test('a hole between two values is used by a third', () => {
  const lifetimes = [
    { bytes: 256, from: 0, to: 2 },
    { bytes: 192, from: 0, to: 0 },
    { bytes: 128, from: 0, to: 2 },
    { bytes: 64, from: 1, to: 2 },
  ];
  expect(planMemory(lifetimes)).toEqual({ offsets: [0, 256, 448, 256], bytes: 576 });
});

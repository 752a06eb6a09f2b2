/** The proofs of activations and losses, and the list of exports that `reporter.ts` compares with what the tests of this package proved. */
import { nn } from '@lockstep/core';
import { expect, test } from 'vitest';
import { gradientCases } from '../gradient-cases/index.ts';
import { activations } from './activations.ts';
import { losses } from './losses.ts';
import { prove } from './prove-kind.ts';
import type { Row } from './proves.ts';
import { missing, strangers, type Tally, tableOf } from './reporter.ts';
import { exempt, exported, surface } from './surface.ts';

const kinds = [activations, losses];
for (const each of kinds) prove(each);

test('every golden case of a kind is called by an entry of its table', () => {
  for (const each of kinds) {
    const ops = new Set(Object.values(each.table).map(({ golden }) => golden));
    expect(each.cases.filter(({ op }) => !ops.has(op)).map(({ name }) => name)).toEqual([]);
  }
});

test('the rows are all exports but those that have a reason to be none', ({ task }) => {
  const rows = surface();
  expect(rows.length).toBeGreaterThan(300);
  const names = exported();
  const without = Object.values(exempt).flat();
  expect(without.filter((name) => !names.has(name))).toEqual([]);
  expect(new Set(without).size).toBe(without.length);
  task.meta.surface = rows;
});

test('every case of gradients calls what it names', () => {
  const others = gradientCases.filter(({ name, module, text }) => {
    const own = name.slice(name.indexOf('.') + 1);
    // Imported functions are called as (0, module.name)(…).
    if (!module) return !new RegExp(`\\b${own}\\)?\\(`).test(text!);
    const type = nn[own as 'Linear'];
    const parts = module.modules();
    // A list of parameters is no module.
    return ![...parts, ...parts.flatMap((part) => Object.values(part))].some((part) => part instanceof type);
  });
  expect(others.map(({ title }) => title)).toEqual([]);
});

test('a missing proof is named with the place to add it, and so is a proof of nothing', () => {
  const rows: Row[] = [
    { name: 'nn.Widen', needs: ['golden', 'gradient', 'bits'] },
    { name: 'Tensor.widen', needs: ['golden'] },
  ];
  const proved = (golden: number, gradient: number, bits: number): Tally => ({
    counts: { golden, gradient, bits },
    sources: new Set(golden > 0 ? ['PyTorch'] : []),
  });
  const tallies = new Map([
    ['nn.Widen', proved(2, 1, 0)],
    ['nn.Old', proved(1, 1, 1)],
  ]);
  expect(missing(rows, tallies)).toEqual([
    expect.stringMatching(/^nn\.Widen has no bits case that passed; add one to packages\/core\/test\/gradient-cases /),
    expect.stringMatching(/^Tensor\.widen has no golden case that passed; add one to generate_tensor\.py /),
  ]);
  expect(missing([], tallies)).toEqual([expect.stringContaining('conformance.test.ts')]);
  expect(strangers(rows, tallies)).toEqual([expect.stringMatching(/^nn\.Old is proved and is no export; /)]);
  expect(tableOf(rows, tallies).split('\n')).toEqual([
    'export         golden gradient     bits   golden values from',
    'nn.Widen            2        1  MISSING   PyTorch',
    'Tensor.widen  MISSING        –        –',
  ]);
});

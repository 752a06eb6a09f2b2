/** Every export of `nn` and `F`, by kind: its proofs, and a walk that fails for an export without any. */
import { F, nn } from '@lockstep/core';
import { expect, test } from 'vitest';
import { layerGradientCases } from '../layer-gradient-cases.ts';
import { sequenceGradientCases } from '../sequence-gradient-cases.ts';
import { activations } from './activations.ts';
import { losses } from './losses.ts';
import { prove } from './prove.ts';
import { proofs } from './registry.ts';

const kinds = [activations, losses];

const exported = [...Object.keys(F).map((name) => `F.${name}`), ...Object.keys(nn).map((name) => `nn.${name}`)];

/** Exports that are no computation. */
const helpers = [
  'F.pair',
  'F.checkPair',
  'F.checkProbability',
  'F.sinusoidalPositions',
  'nn.Module',
  'nn.isModule',
  'nn.RecurrentLayer',
  'nn.Parameter',
  'nn.Buffer',
];

/** Exports of kinds that have no table yet; their proofs are in the tests of their own. */
const elsewhere = [
  ...['F.multiSampleLoss', 'F.rDropLoss', 'F.reduced'],
  ...['F.linear', 'nn.Linear', 'F.conv2d', 'nn.Conv2d'],
  ...['F.maxPool2d', 'nn.MaxPool2d', 'F.avgPool2d', 'nn.AvgPool2d'],
  ...['F.batchNorm', 'nn.BatchNorm1d', 'nn.BatchNorm2d'],
  ...exported.filter((name) => /drop/i.test(name) && !helpers.includes(name) && name !== 'F.rDropLoss'),
  ...['nn.Identity', 'nn.Flatten', 'nn.Sequential', 'F.oneHot'],
  // Layers and functions of shapes, normalisation, convolution, pooling and tables: layers-golden, layers-bits, finite-differences.
  ...layerGradientCases.map(({ name }) => name),
  // Recurrent layers, attention and transformers: recurrent-golden, attention-golden, transformer-golden, sequences-compiled.
  ...sequenceGradientCases.map(({ name }) => name),
];

for (const each of kinds) prove(each);

test('every export is in a table, or among the kinds that are proved elsewhere', () => {
  const covered = kinds.flatMap(({ table }) => Object.keys(table));
  expect(covered.length).toBeGreaterThan(40);
  const known = new Set([...covered, ...helpers, ...elsewhere]);
  expect(exported.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !exported.includes(name))).toEqual([]);
});

test('every entry of a table has each of the three proofs, and every golden case an entry', () => {
  for (const each of kinds) {
    for (const [name, { golden, gradient, shards }] of Object.entries(proofs(each)))
      expect(Math.min(golden, gradient, shards), name).toBeGreaterThan(0);
    const ops = new Set(Object.values(each.table).map(({ golden }) => golden));
    expect(each.cases.filter(({ op }) => !ops.has(op)).map(({ name }) => name)).toEqual([]);
  }
});

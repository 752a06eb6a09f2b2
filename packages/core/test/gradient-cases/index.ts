/** The cases of every differentiable export. */
import { basicCases } from './basics.ts';
import { dropoutCases } from './dropout.ts';
import { layerCases } from './layers.ts';
import type { TitledCase } from './proofs.ts';
import { sequenceCases } from './sequences.ts';
import { tensorCases } from './tensors.ts';

export const gradientCases: readonly TitledCase[] = [
  ...tensorCases,
  ...basicCases,
  ...dropoutCases,
  ...layerCases,
  ...sequenceCases,
].map((entry, i) => ({ ...entry, title: `${entry.name} (case ${i})` }));

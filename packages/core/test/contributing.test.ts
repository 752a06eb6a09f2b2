/** Follows "Add a layer" of CONTRIBUTING.md: its code blocks, put where they say, make a layer that has every proof. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type nn, tensor } from '@lockstep/core';
import { expectClose, goldenArray } from '@lockstep/testkit';
import { afterAll, expect, test } from 'vitest';
import type { Case } from './conformance/kind.ts';
import { goldenJson } from './golden-file.ts';
import type { GradientCase } from './gradient-cases/case.ts';
import { expectBitsOfCuts, expectCentralDifferences } from './gradient-cases/proofs.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const guide = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const [source, index, cases] = ['src/nn/threshold.ts', 'src/nn/index.ts', 'test/gradient-cases/layers.ts'].map(
  (path) => `packages/core/${path}`,
) as [string, string, string];

/** The blocks of the section by the files that they name. */
const section = guide.slice(guide.indexOf('## Add a layer'), guide.indexOf('## Add a member'));
const blocks = new Map(
  [...section.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, path, text]) => [path!, text!]),
);

const folder = mkdtempSync(join(tmpdir(), 'lockstep-contributing-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file of the walk outside of the repository; what it imports and the walk does not write is the repository's own. */
function write(path: string, text: string): string {
  const file = join(folder, path);
  const placed = text.replace(/from '(\.[^']*)'/g, (whole, target: string) => {
    const at = join(dirname(path), target);
    return blocks.has(at) ? whole : `from '${resolve(root, at)}'`;
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, placed);
  return file;
}

test('the walk writes a layer, its export, and two lines of proof', () => {
  expect([...blocks.keys()]).toEqual([source, index, cases, 'packages/core/test/golden/generate_layers.py']);
  for (const [path, text] of blocks) if (path !== source) expect(text.trim().split('\n')).toHaveLength(1);
});

test('the layer computes, differentiates, prints, and has the same bits under every cut', async () => {
  write(source, blocks.get(source)!);
  write(index, blocks.get(index)!);
  const added = write(
    cases,
    `import { layer, spaced } from './case.ts';
import * as nn from '../../src/nn/index.ts';
export { nn };
export const entry = [${blocks.get(cases)}][0];`,
  );
  const walked = (await import(added)) as { nn: { Threshold: typeof nn.Threshold }; entry: GradientCase };
  const entry = { ...walked.entry, title: 'the layer of the guide' };
  expectCentralDifferences(entry);
  expectBitsOfCuts(entry);

  const { Threshold } = walked.nn;
  expect(String(new Threshold(0.1, 20))).toBe('Threshold(threshold=0.1, value=20)');
  const golden = goldenJson<{ cases: Case[] }>('conformance-activations.json').cases;
  const known = golden.filter(({ op }) => op === 'threshold');
  expect(known.length).toBeGreaterThan(1);
  for (const { inputs, options, output, upstream, gradients } of known) {
    const x = tensor(goldenArray(inputs.input!), { shape: inputs.input!.shape, requiresGrad: true });
    const y = new Threshold(options.threshold, options.value).forward(x);
    y.backward(tensor(goldenArray(upstream), { shape: upstream.shape }));
    expectClose(y.data, output.data, { tolerance: 1e-6 });
    expectClose(x.grad!.data, gradients.input!, { tolerance: 1e-6 });
  }
});

/** Advice on dropout in `inspect` and `train`, and the picture of dropout. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockstep, start, temporaryFolder } from './lockstep.ts';

const longest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

/** A model with dropout on its logits, and too much at its input. */
function badModel(): string {
  const path = join(temporaryFolder(), 'bad.ts');
  writeFileSync(
    path,
    `import { nn } from '@lockstep/core';
export default ([channels, height, width], classes) =>
  new nn.Sequential(
    new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear(channels * height * width, 8), new nn.ReLU(),
    new nn.Linear(8, classes), new nn.Dropout(0.5),
  );
`,
  );
  return path;
}

describe('inspect', () => {
  test('prints advice after the table, in at most 100 columns, with reason, remedy and source', async () => {
    const { code, stdout } = await lockstep('inspect', badModel(), '--input', '1x4x4');
    expect(code).toBe(0);
    const advice = stdout.slice(stdout.indexOf('\nadvice on dropout\n'));
    expect(advice).toContain(
      '\nwarning: 5, after 4: dropout reaches the output: no layer with weights follows it [output-dropout]\n',
    );
    expect(advice).toContain('\nwarning: 1, at the input: p = 0.3 directly on the input [input-dropout]\n');
    expect(advice.match(/^ {2}(why|try|source) /gm)).toEqual([
      '  why ',
      '  try ',
      '  source ',
      '  why ',
      '  try ',
      '  source ',
    ]);
    expect(longest(advice)).toBeLessThanOrEqual(100);
  });

  test('gives it as data; --no-advice leaves it out; a model without faults has none', async () => {
    const model = badModel();
    const json = JSON.parse((await lockstep('inspect', model, '--input', '1x4x4', '--json')).stdout);
    expect(json.advice.map(({ rule }: { rule: string }) => rule)).toEqual(['output-dropout', 'input-dropout']);
    const without = await lockstep('inspect', model, '--input', '1x4x4', '--no-advice', '--json');
    expect(JSON.parse(without.stdout)).not.toHaveProperty('advice');
    expect((await lockstep('inspect', model, '--input', '1x4x4', '--no-advice')).stdout).not.toContain('advice');
    expect((await lockstep('inspect', 'seed-net')).stdout).toMatch(/\nadvice on dropout: none\n$/);
  });
});

test('a model with BatchNorm1d can be inspected, and is told what dropout before it does', async () => {
  const path = join(temporaryFolder(), 'normalized.ts');
  const layers =
    'new nn.Flatten(), new nn.Linear(16, 8), new nn.ReLU(), new nn.Dropout(0.2), new nn.BatchNorm1d(8), new nn.Linear(8, 10)';
  writeFileSync(path, `import { nn } from '@lockstep/core';\nexport default new nn.Sequential(${layers});\n`);
  const { code, stdout } = await lockstep('inspect', path, '--input', '1x4x4', '--json');
  expect(code).toBe(0);
  const { flops, advice } = JSON.parse(stdout);
  expect(flops.forward).toBe(2 * (16 * 8 + 8 * 10));
  expect(advice).toMatchObject([{ rule: 'dropout-before-batch-norm', severity: 'warning', place: '3, after 1' }]);
});

describe('train', () => {
  const few = ['--limit', '64', '--eval-limit', '10', '--epochs', '1', '--out'];

  test('prints warnings, a line each, and nothing for a model without faults', async () => {
    const { stdout } = await lockstep('train', badModel(), ...few, join(temporaryFolder(), 'run'));
    expect(stdout.match(/^(warning|suggestion): .*$/gm)).toEqual([
      'warning: 5, after 4: dropout reaches the output: no layer with weights follows it; move it before the last layer with weights, or remove it',
      'warning: 1, at the input: p = 0.3 directly on the input; use p = 0.2 or less at the input, or compare on held-out data',
    ]);
    const quiet = await lockstep('train', badModel(), '--no-advice', ...few, join(temporaryFolder(), 'run'));
    expect(quiet.stdout).not.toContain('warning');
    const good = await lockstep('train', ...few, join(temporaryFolder(), 'run'));
    expect(good.stdout).not.toMatch(/warning|advice/);
  });

  test('says once that it overfits, and --no-advice does not change a bit', async () => {
    const overfit = [
      'train',
      'mlp',
      '--dropout',
      '0',
      '--limit',
      '100',
      '--eval-limit',
      '200',
      '--epochs',
      '40',
      '--lr',
      '0.1',
    ];
    const [withOut, withoutOut] = [join(temporaryFolder(), 'run'), join(temporaryFolder(), 'run')];
    const { code, stdout } = await lockstep(...overfit, '--out', withOut);
    expect(code).toBe(0);
    const lines = stdout.match(/^advice: .*$/gm) ?? [];
    expect(lines).toEqual([
      expect.stringMatching(
        /^advice: overfitting since epoch \d+: .*; consider Dropout with p = 0\.5, .*, before layers\.1, after the relu of layers\.0;/,
      ),
    ]);
    const metrics = readFileSync(join(withOut, 'metrics.jsonl'), 'utf8').trim().split('\n');
    expect(metrics.filter((line) => JSON.parse(line).type === 'advice')).toHaveLength(1);
    const without = await lockstep(...overfit, '--no-advice', '--out', withoutOut);
    expect(without.stdout).not.toContain('advice');
    const hash = (folder: string) => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).result.weightsHash;
    expect(hash(withoutOut)).toBe(hash(withOut));
  });
});

describe('the picture of dropout', () => {
  interface Draw {
    readonly p: number;
    readonly places: readonly string[];
    readonly activations: number[][];
    readonly mask: number[][];
    readonly training: number[][];
    readonly evaluation: number[][];
    readonly measured: { elements: number; dropped: number; low: number; high: number };
  }

  test('has the p of the model, is 100 columns wide at most, and plain where there is no terminal', async () => {
    const ended = await start(['inspect', 'mlp', '--dropout'], { env: { NO_COLOR: undefined } }).ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout.match(/^dropout with .*$/gm)).toEqual([
      'dropout with p = 0.2, seed 0',
      'dropout with p = 0.5, seed 0',
    ]);
    expect(ended.stdout).toContain('\np of: dropout (1st use), after layers.0 · dropout (2nd use), after layers.1\n');
    expect(longest(ended.stdout)).toBeLessThanOrEqual(100);
    expect(ended.stdout).not.toContain('\u001b');
    const high = await lockstep('inspect', 'mlp', '--dropout', '--dropout-p', '0.99999');
    expect(longest(high.stdout)).toBeLessThanOrEqual(100);
  });

  test.each([0, 0.1, 0.5, 0.9, 1])(
    'is what the mask makes of the activations, and measured within 5 σ: p = %s',
    async (p) => {
      const args = ['inspect', 'seed-net', '--dropout', '--dropout-p', String(p), '--seed', '7', '--json'];
      const [draw] = JSON.parse((await lockstep(...args)).stdout) as [Draw];
      expect(draw.evaluation).toEqual(draw.activations);
      const kept = Math.round((1 - p) * 65536) / 65536;
      const expected = draw.activations.map((row, r) =>
        row.map((x, c) => (draw.mask[r]![c] === 1 ? Math.fround(x / kept) : 0)),
      );
      for (const [r, row] of draw.training.entries())
        for (const [c, value] of row.entries()) expect(value).toBeCloseTo(expected[r]![c]!, 4);
      const { elements, dropped, low, high } = draw.measured;
      expect(elements).toBe(1_000_000);
      expect(dropped / elements).toBeGreaterThanOrEqual(low);
      expect(dropped / elements).toBeLessThanOrEqual(high);
      expect(high - low).toBeCloseTo(10 * Math.sqrt((p * (1 - p)) / elements), 9);
    },
  );

  test('depends on the seed alone', async () => {
    const draw = async (seed: string) => (await lockstep('inspect', 'mlp', '--dropout', '--seed', seed)).stdout;
    expect(await draw('3')).toBe(await draw('3'));
    expect(await draw('3')).not.toBe(await draw('4'));
  });

  test.each([
    ['--dropout-p 0.5', '--dropout-p: expected --dropout beside it, got no --dropout. Add --dropout, or leave it out.'],
    ['--seed 1', '--seed: expected --dropout beside it, got no --dropout. Add --dropout, or leave it out.'],
    [
      '--dropout --dropout-p 2',
      '--dropout-p: expected a probability from 0 to 1, got 2. For example: --dropout-p 0.25.',
    ],
    ['--dropout --plan', '--dropout: expected no --plan beside it, got --plan. Leave one of them out.'],
  ])('inspect mlp %s is one line and exit code 2', async (options, line) => {
    const ended = await lockstep('inspect', 'mlp', ...options.split(' '));
    expect(ended).toEqual({ code: 2, stdout: '', stderr: `error: ${line}\n` });
  });

  test('of a model without dropout asks for a p', async () => {
    const path = join(temporaryFolder(), 'plain.ts');
    writeFileSync(
      path,
      "import { nn } from '@lockstep/core';\nexport default new nn.Sequential(new nn.Flatten(), new nn.Linear(16, 10));\n",
    );
    const ended = await lockstep('inspect', path, '--input', '1x4x4', '--dropout');
    expect(ended).toMatchObject({
      code: 2,
      stderr:
        'error: --dropout: expected a model that uses Dropout, got none in it. Give a probability: --dropout-p 0.5.\n',
    });
  });
});

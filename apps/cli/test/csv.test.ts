/** A table as data: trained, evaluated again from its run, and what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockstep, temporaryFolder } from './lockstep.ts';

/** Two columns and three kinds that they tell apart. */
function table(): string {
  const rows = Array.from({ length: 300 }, (_, i) => {
    const kind = i % 3;
    return `${3 * kind + Math.sin(7 * i)},${Math.cos(3 * i) - 2 * kind},${['red', 'green', 'blue'][kind]}`;
  });
  const path = join(temporaryFolder(), 'colours.csv');
  writeFileSync(path, `a,b,kind\n${rows.join('\n')}\n`);
  return path;
}

test('train mlp --data my.csv --label column, and evaluate of the run sees the same test rows', async () => {
  const [path, out] = [table(), join(temporaryFolder(), 'run')];
  const how = [
    '--data',
    path,
    '--label',
    'kind',
    '--epochs',
    '8',
    '--batch-size',
    '16',
    '--lr',
    '0.05',
    '--workers',
    '1',
  ];
  const trained = await lockstep('train', 'mlp', ...how, '--json', '--quiet', '--no-advice', '--out', out);
  expect(trained.stderr).toBe('');
  const result = JSON.parse(trained.stdout);
  expect(result.testAccuracy).toBeGreaterThan(0.9);
  const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  expect(record.config).toMatchObject({ data: path, label: 'kind' });
  expect(record.dataset).toEqual({ shape: [2], classes: ['blue', 'green', 'red'], trainCount: 240, testCount: 60 });
  const evaluated = JSON.parse((await lockstep('evaluate', out, '--json')).stdout);
  expect(evaluated).toMatchObject({ testAccuracy: result.testAccuracy, samples: 60, weightsHash: result.weightsHash });
  const other = await lockstep('evaluate', out, '--data', table());
  expect(other.stderr).toContain('another table would be standardised by its own rows');
});

test.each([
  [[], '--label: expected the column of classes, for a table, got none. Use --label <column>.'],
  [['--label', 'knd'], 'expected a label among the columns a, b, kind, got "knd". Name the column of classes.'],
])('with %j it is refused in one line', async (flags, line) => {
  const { code, stdout, stderr } = await lockstep('train', 'mlp', '--data', table(), ...flags);
  expect(code).not.toBe(0);
  expect([stdout, stderr.split('\n').length]).toEqual(['', 2]);
  expect(stderr).toContain(line);
});

test('a label of other data is refused', async () => {
  const { stderr } = await lockstep('train', 'mlp', '--data', 'mnist', '--label', 'digit');
  expect(stderr).toBe(
    'error: --label: expected --data with a .csv file, got mnist. Leave it out: other data sets have labels of their own.\n',
  );
});

/** No source between a seed and a weight uses what engines may answer differently. */
import { describe, expect, test } from 'vitest';
import { exceptions } from '../rules/exceptions.ts';
import { breaches } from '../rules/source-rules.ts';
import { allBreaches, folders, sourceFiles } from '../rules/sources.ts';

describe('the sources', () => {
  const found = allBreaches();

  test('keep the rules, but for the exceptions', () => {
    const excepted = ({ file, rule }: { file: string; rule: string }) =>
      exceptions.some((exception) => exception.file === file && exception.rule === rule);
    expect(found.filter((breach) => !excepted(breach))).toEqual([]);
  });

  test('need every exception', () => {
    const needless = exceptions.filter(({ file, rule }) => !found.some((at) => at.file === file && at.rule === rule));
    expect(needless).toEqual([]);
  });

  test.each(folders)('are all looked at: %s', (folder) => {
    expect(sourceFiles().filter((file) => file.startsWith(`${folder}/`)).length).toBeGreaterThan(5);
  });
});

describe('a rule', () => {
  test.each([
    ['math', 'const y = Math.exp(x);'],
    ['math', 'const y = Math.pow(x, 2);'],
    ['math', "const y = Math['sqrt'](x);"],
    ['math', 'const { sin } = Math;'],
    ['math', 'const y = xs.map(Math.log2);'],
    ['math', 'const m = globalThis.Math;'],
    ['math', 'const y = Math.hypot?.(a, b);'],
    ['math', 'const m = { Math };'],
    ['random', 'const y = Math.random();'],
    ['random', 'crypto.getRandomValues(bytes);'],
    ['power', 'const y = x ** 2;'],
    ['power', 'const y = 2 ** n;'],
    ['power', 'const y = 10 ** -3;'],
    ['power', 'const y = 2 ** 0.5;'],
    ['power', 'y **= 2;'],
    ['sort', 'const y = xs.sort();'],
    ['sort', 'const y = [...xs].toSorted();'],
    ['sort', 'const y = xs?.sort();'],
    ['locale', 'const y = x.toLocaleString();'],
    ['locale', "const y = a.toLocaleUpperCase('en');"],
    ['locale', 'const y = a.localeCompare(b);'],
    ['locale', 'const y = new Intl.Collator();'],
    ['clock', 'const y = Date.now();'],
    ['clock', 'const y = new Date();'],
    ['clock', 'const y = globalThis.performance.now();'],
    ['collection', 'const y = new WeakRef(x);'],
  ])('%s forbids %s', (rule, code) => {
    const source = `export function f(): void {\n  ${code}\n}\n`;
    expect(breaches('f.ts', source).map((breach) => [breach.rule, breach.line])).toEqual([[rule, 2]]);
  });

  test.each([
    'const y = Math.sqrt(Math.fround(x)) + Math.imul(a, b) + Math.PI;',
    'const y = 2 ** -24 + 2 ** 32;',
    'const y = 2n ** 61n;',
    'const y = xs.sort((a, b) => a - b);',
    'const y = point.Date + row.performance;',
    'const y = { Date: 1, performance: 2 };',
    'interface Row { Date: number; performance(): number }',
    "const y = 'Math.random() and x ** y'; // Math.exp",
  ])('allows %s', (code) => {
    expect(breaches('f.ts', code)).toEqual([]);
  });

  test('does not pass over what it cannot read', () => {
    expect(() => breaches('f.ts', 'const = 1;')).toThrow('f.ts');
  });
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCsv, standardizedSplits } from '../src/index.ts';
import { type CsvOptions, readCsv } from '../src/node/index.ts';
import { dataError, folderWith } from './fixtures.ts';

/** From a file in Node, and from its text as in browsers: the same table, or the same error. */
const read = async (content: string, options: CsvOptions) => {
  const path = join(folderWith({ 'my.csv': content }), 'my.csv');
  const [table, ofText] = await Promise.allSettled([
    readCsv(path, options),
    (async () => parseCsv(content, { ...options, where: 'my.csv' }))(),
  ]);
  if (table.status === 'fulfilled') {
    expect(ofText).toEqual(table);
    return table.value;
  }
  const plain = (message: string): string => message.replace(/^.*my\.csv/, 'my.csv');
  expect(ofText.status).toBe('rejected');
  expect(plain((ofText as PromiseRejectedResult).reason.message)).toBe(plain(table.reason.message));
  throw table.reason;
};
const failure = async (content: string, options: CsvOptions) => {
  const { message } = await dataError(() => read(content, options));
  return message.replace(/^.*my\.csv/, 'my.csv');
};

const animals = 'weight, legs,kind\n4.5,4,cat\n"0.02",2,"bird, small"\r\n-1e3,+0,cat\n\n30,4,dog\n';

describe('a table', () => {
  test('holds numbers and classes; quotes, blanks, empty lines and line ends are as RFC 4180 has them', async () => {
    const table = await read(`\uFEFF${animals}`, { label: 'kind' });
    expect(table).toMatchObject({
      name: 'my',
      columns: ['weight', 'legs'],
      rows: 4,
      classes: ['bird, small', 'cat', 'dog'],
    });
    expect([...table.features]).toEqual([4.5, 4, 0.02, 2, -1000, 0, 30, 4]);
    expect([...table.labels]).toEqual([1, 0, 1, 2]);
  });

  test('may have its label anywhere, no header, and another delimiter', async () => {
    const table = await read('10;1.5\n9;2\n10;3\n', { label: 0, header: false, delimiter: ';' });
    expect(table).toMatchObject({ columns: ['column 1'], classes: ['9', '10'] });
    expect([...table.labels]).toEqual([1, 0, 1]);
    expect((await read('10;1.5\n', { label: '0', header: false, delimiter: ';' })).classes).toEqual(['10']);
  });

  test.each([
    ['a,b\n1,x\n,y\n', 'my.csv, line 3: expected a number in a, got an empty field. Fill it in or leave the row out.'],
    [
      'a,b\nNaN,x\n',
      'my.csv, line 2: expected a number in a, got a missing value (NaN). Fill it in or leave the row out.',
    ],
    ['a,b\n1,\n', 'my.csv, line 2: expected a class in b, got an empty field. Fill it in or leave the row out.'],
    [
      'a,b\nred,x\n',
      'my.csv, line 2: expected a number in a, got "red". Write categories as numbers first, a column of 0 and 1 for each.',
    ],
    ['a,b\n0x10,x\n', 'my.csv, line 2: expected a number in a, got "0x10".'],
    ['a,b\n1e39,x\n', 'my.csv, line 2: expected a number in a, got "1e39".'],
    ['a,b\n1,x,2\n', 'my.csv, line 2: expected 2 fields, got 3. Quote fields that hold the delimiter.'],
    ['a,c\n1,2\n', 'my.csv: expected a label among the columns a, c, got "b". Name the column of classes.'],
    ['b,b\n1,2\n', 'my.csv: expected columns of different names, got "b" twice.'],
    ['a,b\n', 'my.csv: expected at least one row, got none.'],
    ['b\nx\n', 'my.csv: expected a column beside the label, got none.'],
    ['', 'my.csv: expected rows, got an empty file.'],
    ['a,b\n"1,x\n', 'my.csv: expected comma-separated values, got Quote Not Closed'],
  ])('%j is refused', async (content, message) => {
    expect(await failure(content, { label: 'b' })).toContain(message);
  });

  test('a label of numbers that are all different is no class, and a record cannot be absurdly long', async () => {
    const rows = Array.from({ length: 10_001 }, (_, i) => `1,${i}`).join('\n');
    expect(await failure(`a,b\n${rows}`, { label: 'b' })).toMatch(/at most 10000 classes in b, got more/);
    expect(await failure(`a,b\n"${'x'.repeat(2 ** 24 + 5)}",1\n`, { label: 'b' })).toMatch(/Max Record Size/);
  });

  test('a field of a million digits that is no number takes no time, and its error is a line', async () => {
    const started = performance.now();
    expect((await failure(`a,b\n${'1'.repeat(10 ** 6)}x,1\n`, { label: 'b' })).length).toBeLessThan(400);
    expect(await failure(`a,b\n1,${'x'.repeat(1025)}\n`, { label: 'b' })).toMatch(/a class of at most 1024 characters/);
    const columns = Array.from({ length: 65_536 }, (_, i) => `c${i}`).join(',');
    expect(await failure(`${columns}\n1\n`, { label: 'c0' })).toMatch(/expected 65536 fields, got 1/);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('a folder is no file', async () => {
    const folder = folderWith({});
    expect((await dataError(() => readCsv(folder, { label: 'b' }))).message).toContain(
      `${folder}: expected a file that can be read, got EISDIR`,
    );
  });

  test('a file that is not there is named', async () => {
    expect((await dataError(() => readCsv('/nowhere/my.csv', { label: 'b' }))).message).toMatch(
      /^\/nowhere\/my.csv: expected a file/,
    );
  });
});

describe('splits', () => {
  test('are standardised by the mean and deviation of the training split alone', async () => {
    const table = await read('a,b,c\n1,7,x\n100,9,x\n3,7,y\n5,7,x\n', { label: 'c' });
    const { train, test, mean, std } = standardizedSplits(table, { isTest: (row) => row === 1 });
    expect(mean).toEqual([3, 7]);
    expect(std).toEqual([Math.sqrt(8 / 3), 1]);
    const z = (value: number) => Math.fround((value - 3) / Math.sqrt(8 / 3));
    expect([...train.features]).toEqual([z(1), 0, 0, 0, z(5), 0]);
    expect([...test.features]).toEqual([z(100), 2]);
    expect([...train.labels, ...test.labels]).toEqual([0, 1, 0, 0]);
    expect(train).toMatchObject({ name: 'my', count: 3, shape: [2], classes: ['x', 'y'] });
  });

  test('a limit takes the first rows and leaves mean and deviation as they are', async () => {
    const table = await read('a,c\n1,x\n9,x\n3,y\n5,x\n', { label: 'c' });
    const { train, test, mean } = standardizedSplits(table, { isTest: (row) => row === 1, limit: { train: 2 } });
    expect([train.count, test.count, mean]).toEqual([2, 1, [3]]);
    expect(() => standardizedSplits(table, { isTest: () => false })).toThrow(/expected rows for the test split/);
  });
});

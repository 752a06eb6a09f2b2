/** JSON of files that may come from anywhere: as JSON.parse, but for text that nests too deeply. */
import { parseJson } from '@lockstep/core/json';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

test('gives what JSON.parse gives, whatever stands in strings', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 20 }), fc.string(), (text, other) => {
      expect(parseJson(text)).toEqual(JSON.parse(text));
      expect(parseJson(JSON.stringify([`[{"\\${other}`, other]))).toEqual([`[{"\\${other}`, other]);
    }),
    { numRuns: 300, seed: 1 },
  );
  expect(parseJson(JSON.stringify('[{\\"'.repeat(500)))).toBe('[{\\"'.repeat(500));
});

test('100 deep is read, 101 is refused before it is parsed, whatever the kind', () => {
  const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + 1 + close.repeat(depth);
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":1,"b":', '}'],
  ] as const) {
    expect(JSON.stringify(parseJson(nested(100, open, close)))).toBe(nested(100, open, close));
    expect(() => parseJson(nested(101, open, close))).toThrow(/^JSON nested more than 100 deep at position \d+$/);
    // What ends Node 26.10 in JSON.parse.
    expect(() => parseJson(open.repeat(20_000))).toThrow(SyntaxError);
  }
});

test('many side by side are not deep', () => {
  expect(parseJson(`[${'[{}],'.repeat(5000)}0]`)).toHaveLength(5001);
});

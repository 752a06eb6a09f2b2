/** Inputs: random bytes, and valid content with one to five changes of the kind that readers stumble over. */
import * as fc from 'fast-check';
import type { Layer } from './reader.ts';
import { utf8 } from './reader.ts';

/** Gives new bytes; `at` chooses a place. */
type Mutation = (bytes: Uint8Array) => Uint8Array;

const extremes: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0xffffn,
  0x10000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];
const extremeNumbers: readonly string[] = [
  '0',
  '-0',
  '-1',
  '0.5',
  '65536',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '18446744073709551616',
  '1e308',
  '1e999',
  '-1e999',
  '1e-400',
  'NaN',
  'null',
  '"7"',
  '[]',
  '{}',
];
const tokens: readonly string[] = [
  '"__proto__":{"polluted":1},',
  '"constructor":{"prototype":{"polluted":1}},',
  '"toString":1,',
  '"__proto__":null,',
  '{"$bigint":"1"}',
  `{"$bigint":"${'9'.repeat(10_000)}"}`,
  '{"$number":"NaN"}',
  '../../../../etc/passwd',
  '/etc/passwd',
  '\0',
  '\ufeff',
  '"',
  ',',
  '\r\n',
  ';',
  '\u2028',
  'é',
  '\ud800',
];
const nests: readonly string[] = ['[', '{"a":', '"', '1', ',', '\n', '{"kind":"chained","schedules":['];

/** A place as a share of the length, so that a change shrinks with what it changes. */
const share = fc.nat(0xffff);
const placeIn = (at: number, length: number): number => Math.floor((at / 0x10000) * length);

function splice(bytes: Uint8Array, at: number, options: { removed?: number; added?: Uint8Array }): Uint8Array {
  const { removed = 0, added = new Uint8Array() } = options;
  const end = Math.min(bytes.length, at + removed);
  const out = new Uint8Array(bytes.length - (end - at) + added.length);
  out.set(bytes.subarray(0, at));
  out.set(added, at);
  out.set(bytes.subarray(end), at + added.length);
  return out;
}

/** The places where numbers stand in a text, with their lengths. */
function numbersIn(bytes: Uint8Array): { at: number; length: number }[] {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return [...text.matchAll(/-?\d[\d.eE+-]*/g)].map(({ index, 0: found }) => ({ at: index, length: found.length }));
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(share, fc.nat(7)).map(
    ([at, bit]): Mutation =>
      (bytes) => {
        const out = bytes.slice();
        if (out.length > 0) out[placeIn(at, out.length)]! ^= 1 << bit;
        return out;
      },
  ),
  share.map(
    (at): Mutation =>
      (bytes) =>
        bytes.slice(0, placeIn(at, bytes.length)),
  ),
  fc.tuple(share, fc.uint8Array({ minLength: 1, maxLength: 64 })).map(
    ([at, added]): Mutation =>
      (bytes) =>
        splice(bytes, placeIn(at, bytes.length + 1), { added }),
  ),
  fc.tuple(share, fc.integer({ min: 1, max: 64 })).map(
    ([at, removed]): Mutation =>
      (bytes) =>
        splice(bytes, placeIn(at, bytes.length + 1), { removed }),
  ),
  fc.tuple(share, share, fc.integer({ min: 1, max: 256 })).map(
    ([from, to, length]): Mutation =>
      (bytes) => {
        const start = placeIn(from, bytes.length);
        return splice(bytes, placeIn(to, bytes.length + 1), { added: bytes.slice(start, start + length) });
      },
  ),
  // A field of a header. Most lie at the front.
  fc.tuple(fc.oneof(share, fc.nat(0x800)), fc.constantFrom(1, 2, 4, 8), fc.boolean(), fc.constantFrom(...extremes)).map(
    ([at, width, little, value]): Mutation =>
      (bytes) => {
        const out = bytes.slice();
        const start = placeIn(at, out.length);
        for (let i = 0; i < width && start + i < out.length; i++)
          out[start + i] = Number((value >> BigInt(8 * (little ? i : width - 1 - i))) & 0xffn);
        return out;
      },
  ),
  fc.tuple(share, fc.constantFrom(...extremeNumbers)).map(
    ([at, text]): Mutation =>
      (bytes) => {
        const numbers = numbersIn(bytes);
        if (numbers.length === 0) return bytes;
        const { at: start, length } = numbers[placeIn(at, numbers.length)]!;
        return splice(bytes, start, { removed: length, added: utf8(text) });
      },
  ),
  fc.tuple(share, fc.constantFrom(...tokens)).map(
    ([at, token]): Mutation =>
      (bytes) => {
        // Behind a brace, where a key may stand; else anywhere.
        const braces = [...bytes.keys()].filter((i) => bytes[i] === 0x7b);
        const start = token.endsWith(',') && braces.length > 0 ? braces[placeIn(at, braces.length)]! + 1 : undefined;
        return splice(bytes, start ?? placeIn(at, bytes.length + 1), { added: utf8(token) });
      },
  ),
  {
    weight: 1,
    arbitrary: fc.tuple(share, fc.constantFrom(...nests), fc.constantFrom(10, 1000, 20_000)).map(
      ([at, text, times]): Mutation =>
        (bytes) =>
          splice(bytes, placeIn(at, bytes.length + 1), { added: utf8(text.repeat(times)) }),
    ),
  },
);

/** Inputs for a reader with these layers, each with its seeds. */
export function inputs(layers: readonly { layer: Layer; seeds: readonly Uint8Array[] }[]): fc.Arbitrary<Uint8Array> {
  const mutated = layers.map(({ layer, seeds }) =>
    fc
      .tuple(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 0, maxLength: 5 }))
      .map(([seed, changes]) => layer.wrap(changes.reduce((bytes, change) => change(bytes), seed))),
  );
  const random = fc.uint8Array({ maxLength: 600 });
  return fc.oneof(
    { weight: 1, arbitrary: random },
    { weight: 1, arbitrary: random.map((bytes) => layers.at(-1)!.layer.wrap(bytes)) },
    ...mutated.map((arbitrary) => ({ weight: 8, arbitrary })),
  );
}

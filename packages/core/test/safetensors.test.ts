/** The safetensors format: round trips, files of other writers, and damage, which never gives anything but a FormatError. */
import { decodeSafetensors, encodeSafetensors, FormatError, nn, ones, rand, tensor, zeros } from '@lockstep/core';
import { readSafetensors } from '@lockstep/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goldenBytes } from './golden-file.ts';

/** A file with this header text, padded or not, and body. */
function file(header: string, body: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const small = () =>
  encodeSafetensors(
    { w: tensor([[1, 2], [3, 4]]), i: tensor([-5], { dtype: 'i32' }), b: tensor([7, 8, 9], { dtype: 'u8' }) }, // biome-ignore format: one row
    { model: 'mlp' },
  );

describe('64-bit integers', () => {
  const wide = (...values: bigint[]) =>
    file(
      `{"n":{"dtype":"I64","shape":[${values.length}],"data_offsets":[0,${8 * values.length}]}}`,
      new Uint8Array(BigInt64Array.from(values).buffer),
    );

  test('are read as i32, from any place in a buffer', () => {
    const bytes = wide(0n, -1n, 2147483647n, -2147483648n);
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    for (const source of [bytes, moved.subarray(3)]) {
      const { n } = decodeSafetensors(source).tensors;
      expect([n!.dtype, ...n!.data]).toEqual(['i32', 0, -1, 2147483647, -2147483648]);
    }
  });

  test('PyTorch’s state of batch normalisation loads', () => {
    const scalar = '{"num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}';
    const state = decodeSafetensors(file(scalar, [7, 0, 0, 0, 0, 0, 0, 0])).tensors;
    const layer = new nn.BatchNorm1d(2);
    layer.loadStateDict(state, { strict: false });
    expect(layer.numBatchesTracked!.item()).toBe(7);
  });

  test('that do not fit, or of another size, are errors that name them', () => {
    expect(() => decodeSafetensors(wide(1n, 2147483648n), 'model.safetensors')).toThrow(
      'model.safetensors: tensor n holds 2147483648 at position 1, which does not fit 32 bits',
    );
    const short = '{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,4]}}';
    expect(() => decodeSafetensors(file(short, [0, 0, 0, 0]))).toThrow(/needs 8 bytes/);
  });
});

describe('a round trip', () => {
  test('keeps names, order, dtypes, shapes, bits and metadata', () => {
    const { tensors, metadata } = decodeSafetensors(small());
    expect(metadata).toEqual({ model: 'mlp' });
    expect(Object.entries(tensors).map(([name, t]) => [name, t.dtype, t.shape, [...t.data]])).toEqual([
      ['w', 'f32', [2, 2], [1, 2, 3, 4]],
      ['i', 'i32', [1], [-5]],
      ['b', 'u8', [3], [7, 8, 9]],
    ]);
  });

  test('keeps −0, NaN, infinities and subnormals, rank 0 and empty tensors', () => {
    const special = [-0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45];
    const { tensors } = decodeSafetensors(
      encodeSafetensors({ special: tensor(special), one: tensor(2), none: zeros([0, 3]) }),
    );
    expect([...tensors.special!.data]).toEqual(special.map(Math.fround));
    expect(Object.is(tensors.special!.data[0], -0)).toBe(true);
    expect([tensors.one!.shape, tensors.one!.item(), tensors.none!.shape]).toEqual([[], 2, [0, 3]]);
  });

  test('works for any shapes and from any place in a buffer', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    const entries = fc.dictionary(fc.string({ minLength: 1 }), shape, { maxKeys: 5, noNullPrototype: true });
    fc.assert(
      fc.property(entries, fc.integer({ min: 0, max: 9 }), (shapes, shift) => {
        const original = Object.fromEntries(Object.entries(shapes).map(([name, s], i) => [name, rand(s, { seed: i })]));
        const bytes = encodeSafetensors(original);
        const moved = new Uint8Array(bytes.length + shift);
        moved.set(bytes, shift);
        const { tensors } = decodeSafetensors(moved.subarray(shift));
        expect(Object.keys(tensors)).toEqual(Object.keys(original));
        for (const [name, t] of Object.entries(original)) {
          expect(tensors[name]!.shape).toEqual(t.shape);
          expect([...tensors[name]!.data]).toEqual([...t.data]);
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  test('of nothing is a file without tensors', () => {
    expect(decodeSafetensors(encodeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
  });
});

test('the bytes are those of the format: length, padded JSON header, then the tensors', () => {
  const bytes = encodeSafetensors({ w: ones([1]) }, { a: 'b' });
  const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
  const length = Math.ceil(header.length / 8) * 8;
  expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(length));
  expect(new TextDecoder().decode(bytes.subarray(8, 8 + length))).toBe(header.padEnd(length, ' '));
  expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f]);
});

test('the golden file that PyTorch wrote is read as an independent reader reads it, and written back alike', () => {
  const bytes = goldenBytes('seed-net.safetensors');
  const { tensors, metadata } = decodeSafetensors(bytes);
  const expected = readSafetensors(bytes);
  expect(metadata).toEqual(expected.metadata);
  expect(Object.keys(tensors)).toEqual([...expected.tensors.keys()]);
  expect(Object.keys(tensors).length).toBe(51);
  for (const [name, { shape, data }] of expected.tensors) {
    expect(tensors[name]!.shape).toEqual(shape);
    expect([...tensors[name]!.data]).toEqual([...data]);
  }
  expect([...encodeSafetensors(tensors, metadata)]).toEqual([...bytes]);
});

describe('damage', () => {
  const outcome = (bytes: Uint8Array): string => {
    try {
      decodeSafetensors(bytes, 'model.safetensors');
      return 'read';
    } catch (error) {
      if (error instanceof FormatError && error.message.startsWith('model.safetensors: ')) return 'FormatError';
      throw error;
    }
  };

  test('by cutting the file anywhere is a FormatError that names the file', () => {
    const bytes = small();
    expect(outcome(bytes)).toBe('read');
    for (let length = 0; length < bytes.length; length++)
      expect(outcome(bytes.subarray(0, length)), `${length} bytes`).toBe('FormatError');
  });

  test('of any byte of the header never gives anything but a FormatError', () => {
    const bytes = small();
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const values = [0, 0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x65, 0x5b, 0x5d, 0x7b, 0x7d, 0x80, 0xff];
    let refused = 0;
    for (let at = 0; at < headerEnd; at++) {
      for (const value of values) {
        const damaged = bytes.slice();
        damaged[at] = value;
        if (outcome(damaged) === 'FormatError') refused++;
      }
    }
    expect(refused).toBeGreaterThan((headerEnd * values.length) / 2);
  });

  test.each([
    ['an array', '[]'],
    ['no JSON', 'abc'],
    ['null', 'null'],
    ['an entry that is null', '{"w":null}'],
    ['an entry that is a number', '{"w":3}'],
    ['no dtype', '{"w":{"shape":[1],"data_offsets":[0,4]}}'],
    ['an unknown dtype', '{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}'],
    ['no shape', '{"w":{"dtype":"F32","data_offsets":[0,4]}}'],
    ['a shape that is a number', '{"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}'],
    ['a shape with a fraction', '{"w":{"dtype":"U8","shape":[2.5,2],"data_offsets":[0,5]}}'],
    ['a shape with negative extents', '{"w":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}'],
    ['a shape of strings', '{"w":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}'],
    ['an overflowing shape', '{"w":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}'],
    ['no range', '{"w":{"dtype":"F32","shape":[1]}}'],
    ['a range of one number', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[4]}}'],
    ['a range of strings', '{"w":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}'],
    ['a range with fractions', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0.5,4.5]}}'],
    ['a range before the data', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'],
    ['a range beyond the data', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}'],
    ['a range of another size', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}'],
    [
      'tensors that share bytes',
      '{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}',
    ],
    [
      'bytes that belong to no tensor',
      '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
    ],
    ['bytes after the last tensor', '{"a":{"dtype":"U8","shape":[7],"data_offsets":[0,7]}}'],
    ['a shape of 65 extents', `{"a":{"dtype":"U8","shape":[8${',1'.repeat(64)}],"data_offsets":[0,8]}}`],
  ])('a header with %s is refused', (_name, header) => {
    expect(outcome(file(header, new Uint8Array(8)))).toBe('FormatError');
  });

  test.each([
    ['metadata that is no object', '{"__metadata__":3}'],
    ['metadata that is a list', '{"__metadata__":["a"]}'],
    ['metadata that is no text', '{"__metadata__":{"epoch":3}}'],
  ])('a header with %s is refused', (_name, header) => {
    expect(outcome(file(header))).toBe('FormatError');
  });

  test('a header longer than the format allows is refused before anything is read', () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(() => decodeSafetensors(bytes)).toThrow(
      /the header should have 9223372036854776000 bytes but the file has 16/,
    );
  });

  test('the error names the tensor and what was expected', () => {
    const header = '{"fc.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}';
    expect(() => decodeSafetensors(file(header, new Uint8Array(24)))).toThrow(
      /tensor fc.weight of shape \[2, 3\] needs 24 bytes, its range 0–20 of 24 does not give them/,
    );
  });

  test('a tensor may be called like a method of objects', () => {
    const entry = (at: number) => `{"dtype":"U8","shape":[1],"data_offsets":[${at},${at + 1}]}`;
    const bytes = file(`{"__proto__":${entry(0)},"constructor":${entry(1)}}`, [42, 43]);
    const { tensors } = decodeSafetensors(bytes);
    expect(Object.keys(decodeSafetensors(encodeSafetensors(tensors)).tensors)).toEqual(['__proto__', 'constructor']);
    expect(Object.keys(tensors)).toEqual(['__proto__', 'constructor']);
    expect(Object.getOwnPropertyDescriptor(tensors, '__proto__')!.value.item()).toBe(42);
  });
});

/** Comparison of typed arrays by their bits, so that -0 differs from 0 and NaN equals only the same NaN. */

/** The typed arrays that `bitsEqual` compares. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/**
 * The index of the first element whose bits differ, or -1 if there is none.
 * Arrays of different length differ at the end of the shorter one; arrays of different types are an error.
 */
export function bitsEqual<A extends TypedArray>(a: A, b: A): number {
  if (a.constructor !== b.constructor) {
    throw new TypeError(`cannot compare the bits of ${a.constructor.name} and ${b.constructor.name}`);
  }
  const bytesA = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const bytesB = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  const shared = Math.min(bytesA.length, bytesB.length);
  for (let i = 0; i < shared; i++) {
    if (bytesA[i] !== bytesB[i]) return Math.floor(i / a.BYTES_PER_ELEMENT);
  }
  return bytesA.length === bytesB.length ? -1 : shared / a.BYTES_PER_ELEMENT;
}

/** Throws unless both arrays hold the same bits; the message shows the first difference. */
export function expectBitsEqual<A extends TypedArray>(actual: A, expected: A, label = 'arrays'): void {
  const index = bitsEqual(actual, expected);
  if (index < 0) return;
  const lengths = actual.length === expected.length ? '' : `; lengths ${actual.length} and ${expected.length}`;
  throw new Error(
    `${label}: bits differ first at index ${index}: expected ${show(expected, index)}, got ${show(actual, index)}${lengths}`,
  );
}

function show(array: TypedArray, index: number): string {
  const value = array[index];
  if (value === undefined) return 'nothing';
  const start = array.byteOffset + index * array.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(array.buffer, start, array.BYTES_PER_ELEMENT);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  return `${Object.is(value, -0) ? '-0' : value} (0x${hex.reverse().join('')})`;
}

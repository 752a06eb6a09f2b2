/**
 * Scratch of the products that skip zeros, for lists of `rows` rows of at most `length` elements: a header, and for every row a
 * count, values and offsets with room for one more vector. assembly/sparse-list.ts lays it out.
 */
export function sparseListBytes(rows: number, length: number): number {
  return 512 + rows * (4 + 8 * (length + 4));
}

// Lists of the nonzero elements of rows: the values packed to the left, and for each value the byte offset of what it
// multiplies. Nothing here branches on the data. NaN is not equal to zero, so it stays; −0 is, so it goes.
//
// The scratch that callers hand over (`sparseListBytes` in src/sparse-list-bytes.ts), where half = 4·(length + 4):
//   0 … 255    the left-pack table: for each mask of four lanes the shuffle that moves its lanes to the front
//   256 … 383  a tile of up to 32 columns on its way to a ragged row
//   384 … 387  a table of one row number
//   512 …      i32 counts[rows] (in fours), then per row `half` bytes of values and `half` bytes of offsets. The four extra
//              elements take what a vector store writes beyond the last value.

// @ts-ignore: decorator
@inline
export function tileOf(scratch: usize): usize {
  return scratch + 256;
}

// @ts-ignore: decorator
@inline
export function wordOf(scratch: usize): usize {
  return scratch + 384;
}

// @ts-ignore: decorator
@inline
export function countsOf(scratch: usize): usize {
  return scratch + 512;
}

// @ts-ignore: decorator
@inline
export function listsOf(scratch: usize, rows: i32): usize {
  return scratch + 512 + (<usize>rows << 2);
}

/** Half a list: the distance from a value to its offset, for rows of `length` elements. */
// @ts-ignore: decorator
@inline
export function halfOf(length: i32): usize {
  return <usize>(length + 4) << 2;
}

/** Writes the left-pack table. The module may hold no data, so it is made anew in every call. */
export function writeLeftPack(table: usize): void {
  for (let mask = 0; mask < 16; mask++) {
    let to = table + (<usize>mask << 4);
    for (let lane = 0; lane < 4; lane++) {
      store<i32>(to, 0x03020100 + lane * 0x04040404);
      to += <usize>((mask >> lane) & 1) << 2;
    }
  }
}

/** The bits of the lanes that are not zero. */
// @ts-ignore: decorator
@inline
export function nonzeroMask(v: v128): i32 {
  return i32x4.bitmask(f32x4.ne(v, f32x4.splat(0)));
}

/** Writes the lanes of `v` and `offsets` that are in `mask` at `list`; returns where the next ones go. */
// @ts-ignore: decorator
@inline
export function append(list: usize, half: usize, v: v128, offsets: v128, mask: i32, table: usize): usize {
  const shuffle = v128.load(table + (<usize>mask << 4));
  v128.store(list, i8x16.swizzle(v, shuffle));
  v128.store(list + half, i8x16.swizzle(offsets, shuffle));
  return list + (<usize>popcnt(mask) << 2);
}

/**
 * Ends a list of row `row` at `list`: rounds its length up to fours, by entries of value +0 with the last entry's offset, and
 * stores it. For finite operands they add ±0. Returns the number of nonzero elements.
 */
// @ts-ignore: decorator
@inline
export function finish(counts: usize, row: i32, start: usize, list: usize, half: usize): i32 {
  v128.store(list, f32x4.splat(0));
  v128.store(list + half, v128.load32_splat(list + half - 4));
  const count = <i32>((list - start) >> 2);
  store<i32>(counts + (<usize>row << 2), (count + 3) & ~3);
  return count;
}

/** Lists each row of `length` floats; element i has the offset 64·i, its row in a panel. Returns how many there are. */
export function listRows(x: usize, xRowStride: usize, rows: i32, length: i32, scratch: usize): i32 {
  const counts = countsOf(scratch);
  const half = halfOf(length);
  let start = listsOf(scratch, rows);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    let list = start;
    let offsets = i32x4(0, 64, 128, 192);
    let from = x;
    const wholeEnd = x + (<usize>(length & ~3) << 2);
    for (; from < wholeEnd; from += 16) {
      const v = v128.load(from);
      list = append(list, half, v, offsets, nonzeroMask(v), scratch);
      offsets = i32x4.add(offsets, i32x4.splat(256));
    }
    if (length & 3) {
      const v = v128.load(from);
      list = append(list, half, v, offsets, nonzeroMask(v) & ((1 << (length & 3)) - 1), scratch);
    }
    total += finish(counts, r, start, list, half);
    start += 2 * half;
    x += xRowStride;
  }
  return total;
}

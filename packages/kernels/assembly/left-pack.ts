// Left-packing of four lanes: the lanes chosen by a 4-bit mask move to the front, in order. The shuffle patterns stand
// in a table in scratch (256 bytes), since the module has no data of its own.

/** Writes the 16 patterns of 16 bytes. Lanes behind the last chosen one become 0. */
export function writePackTable(table: usize): void {
  for (let mask = 0; mask < 16; mask++) {
    let pattern = table + (<usize>mask << 4);
    v128.store(pattern, i32x4.splat(-1));
    for (let lane = 0; lane < 4; lane++) {
      if (!((mask >> lane) & 1)) continue;
      store<i32>(pattern, 0x03020100 + lane * 0x04040404);
      pattern += 4;
    }
  }
}

/**
 * Appends the chosen pairs of `values` and `offsets` at `list` and `list + offsetsAt`; 16 bytes are written at both.
 * Returns the list's new end.
 */
// @ts-ignore: decorator
@inline
export function appendLanes(
  list: usize, offsetsAt: usize, values: v128, offsets: v128, mask: i32, table: usize,
): usize {
  const pattern = v128.load(table + (<usize>mask << 4));
  v128.store(list, i8x16.swizzle(values, pattern));
  v128.store(list + offsetsAt, i8x16.swizzle(offsets, pattern));
  return list + (<usize>popcnt(mask) << 2);
}

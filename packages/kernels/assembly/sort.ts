// Stable order of rows of n contiguous floats: a merge sort of positions, bottom up.

/** Whether b must stand before a, which stands first now: equal elements stay in place, NaN is the largest of all. */
// @ts-ignore: decorator
@inline
function overtakes(b: f32, a: f32, descending: i32): bool {
  if (descending) return b > a || (b != b && a == a);
  return b < a || (a != a && b == b);
}

/** Merges positions [left, middle) and [middle, right) of `from` into `to`. */
function merge(x: usize, from: usize, to: usize, left: i32, middle: i32, right: i32, descending: i32): void {
  let i = left, j = middle;
  for (let k = left; k < right; k++) {
    let take = load<i32>(from + (<usize>i << 2));
    if (j < right && i < middle) {
      const second = load<i32>(from + (<usize>j << 2));
      if (overtakes(load<f32>(x + (<usize>second << 2)), load<f32>(x + (<usize>take << 2)), descending)) {
        take = second;
        j++;
      } else i++;
    } else if (i < middle) i++;
    else {
      take = load<i32>(from + (<usize>j << 2));
      j++;
    }
    store<i32>(to + (<usize>k << 2), take);
  }
}

export function argSort(x: usize, out: usize, rows: i32, n: i32, descending: i32, tmp: usize): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) store<i32>(out + (<usize>i << 2), i);
    let from = out, to = tmp;
    for (let width = 1; width < n; width <<= 1) {
      for (let left = 0; left < n; left += width << 1) {
        merge(x, from, to, left, min(left + width, n), min(left + (width << 1), n), descending);
      }
      const other = from;
      from = to;
      to = other;
    }
    if (from != out) memory.copy(out, from, rowBytes);
    x += rowBytes;
    out += rowBytes;
  }
}

// Elements by number along the middle axis of [outer, length, inner], and their way back. Element (o, l, j) of the result or of the
// source has its number at index[o·indexOuter + l·indexLength + j·indexInner].

export function gatherAxis(
  x: usize, index: usize, out: usize, xLength: i32, length: i32, inner: i32,
  indexOuter: i32, indexLength: i32, indexInner: i32, start: i32, count: i32,
): void {
  const end = start + count;
  for (let i = start; i < end; ) {
    const j0 = i % inner;
    const row = i / inner;
    const o = row / length, l = row % length;
    const run = min(inner - j0, end - i);
    const from = x + ((<usize>o * <usize>xLength * <usize>inner) << 2);
    let at = index + (<usize>(o * indexOuter + l * indexLength + j0 * indexInner) << 2);
    if (indexInner == 0) {
      const number = load<i32>(at);
      const source = from + ((<usize>number * <usize>inner + <usize>j0) << 2);
      if (<u32>number < <u32>xLength) memory.copy(out, source, <usize>run << 2);
      else for (let k = 0; k < run; k++) store<i32>(out + (<usize>k << 2), 0x7fc00000);
      out += <usize>run << 2;
    } else {
      for (let k = 0; k < run; k++) {
        const number = load<i32>(at);
        let value = 0x7fc00000;
        if (<u32>number < <u32>xLength) {
          value = load<i32>(from + ((<usize>number * <usize>inner + <usize>(j0 + k)) << 2));
        }
        store<i32>(out, value);
        out += 4;
        at += <usize>indexInner << 2;
      }
    }
    i += run;
  }
}

/** Columns [j0, j1) of one outer block. */
// @ts-ignore: decorator
@inline
function scatterBlock(
  add: bool, x: usize, index: usize, src: usize, out: usize, outLength: i32, length: i32, inner: i32,
  indexLength: i32, indexInner: i32, j0: i32, j1: i32,
): void {
  const rowBytes = <usize>inner << 2;
  const part = <usize>(j1 - j0) << 2;
  const first = <usize>j0 << 2;
  for (let r: usize = 0, at = first; r < <usize>outLength; r++, at += rowBytes) {
    if (x) memory.copy(out + at, x + at, part);
    else memory.fill(out + at, 0, part);
  }
  for (let l = 0; l < length; l++) {
    let at = index + (<usize>(l * indexLength + j0 * indexInner) << 2);
    const from = src + <usize>l * rowBytes;
    for (let j = j0; j < j1; j++, at += <usize>indexInner << 2) {
      const number = load<i32>(at);
      if (<u32>number >= <u32>outLength) continue;
      const to = out + <usize>number * rowBytes + (<usize>j << 2);
      const value = load<f32>(from + (<usize>j << 2));
      store<f32>(to, add ? load<f32>(to) + value : value);
    }
  }
}

export function scatterAxis(
  op: i32, x: usize, index: usize, src: usize, out: usize, outLength: i32, length: i32, inner: i32,
  indexOuter: i32, indexLength: i32, indexInner: i32, start: i32, count: i32,
): void {
  const end = start + count;
  for (let c = start; c < end; ) {
    const o = c / inner, j0 = c % inner;
    const j1 = min(inner, j0 + end - c);
    const block = (<usize>o * <usize>outLength * <usize>inner) << 2;
    const from = src + ((<usize>o * <usize>length * <usize>inner) << 2);
    const numbers = index + (<usize>(o * indexOuter) << 2);
    const base = x ? x + block : 0;
    if (op == 0) {
      scatterBlock(false, base, numbers, from, out + block, outLength, length, inner, indexLength, indexInner, j0, j1);
    } else {
      scatterBlock(true, base, numbers, from, out + block, outLength, length, inner, indexLength, indexInner, j0, j1);
    }
    c += j1 - j0;
  }
}

/** out = x where column − row is within the triangle, else +0, on matrices of rows × columns. */
export function triangle(
  x: usize, out: usize, rows: i32, columns: i32, diagonal: i32, upper: i32, start: i32, count: i32,
): void {
  const end = start + count;
  let column = start % columns;
  let row = (start / columns) % rows;
  for (let i = start; i < end; i++) {
    const distance = column - row;
    const kept = upper ? distance >= diagonal : distance <= diagonal;
    const at = <usize>(i - start) << 2;
    store<i32>(out + at, kept ? load<i32>(x + at) : 0);
    if (++column == columns) {
      column = 0;
      if (++row == rows) row = 0;
    }
  }
}

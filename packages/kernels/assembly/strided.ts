// Strided blocks ↔ contiguous runs, `=`, no overlap. `spec`: i32 rank, dims[rank], strides[rank] in elements. The
// last dimension is walked with its stride; the offset of each of its runs is found by division over the outer ones,
// because a kernel has no memory of its own to keep an odometer in.

/** Element offset of the run that starts at outer index `run` (all dimensions but the last). */
// @ts-ignore: decorator
@inline
function runOffset(spec: usize, rank: i32, run: i32): i32 {
  let offset = 0;
  for (let d = rank - 2; d >= 0; d--) {
    const dim = load<i32>(spec + (<usize>(1 + d) << 2));
    offset += (run % dim) * load<i32>(spec + (<usize>(1 + rank + d) << 2));
    run /= dim;
  }
  return offset;
}

// @ts-ignore: decorator
@inline
function lastDim(spec: usize, rank: i32): i32 {
  return rank > 0 ? load<i32>(spec + (<usize>rank << 2)) : 1;
}

// @ts-ignore: decorator
@inline
function lastStride(spec: usize, rank: i32): i32 {
  return rank > 0 ? load<i32>(spec + (<usize>(2 * rank) << 2)) : 0;
}

export function gatherStrided(src: usize, out: usize, spec: usize, start: i32, count: i32, elementBytes: i32): void {
  const rank = load<i32>(spec);
  const dim = lastDim(spec, rank);
  const stride = lastStride(spec, rank) * elementBytes;
  const end = start + count;
  for (let i = start; i < end; ) {
    const first = i % dim;
    const length = min(dim - first, end - i);
    let from = src + <usize>(runOffset(spec, rank, i / dim) * elementBytes + first * stride);
    if (elementBytes == 4) {
      if (stride == 4) {
        for (let l = 0; l < length; l++) store<i32>(out + (<usize>l << 2), load<i32>(from + (<usize>l << 2)));
        out += <usize>length << 2;
      } else {
        for (let l = 0; l < length; l++) {
          store<i32>(out, load<i32>(from));
          out += 4;
          from += <usize>stride;
        }
      }
    } else {
      for (let l = 0; l < length; l++) {
        store<u8>(out, load<u8>(from));
        out += 1;
        from += <usize>stride;
      }
    }
    i += length;
  }
}

export function scatterStrided(src: usize, out: usize, spec: usize, start: i32, count: i32, elementBytes: i32): void {
  const rank = load<i32>(spec);
  const dim = lastDim(spec, rank);
  const stride = lastStride(spec, rank) * elementBytes;
  const end = start + count;
  for (let i = start; i < end; ) {
    const first = i % dim;
    const length = min(dim - first, end - i);
    let to = out + <usize>(runOffset(spec, rank, i / dim) * elementBytes + first * stride);
    if (elementBytes == 4) {
      for (let l = 0; l < length; l++) {
        store<i32>(to, load<i32>(src));
        src += 4;
        to += <usize>stride;
      }
    } else {
      for (let l = 0; l < length; l++) {
        store<u8>(to, load<u8>(src));
        src += 1;
        to += <usize>stride;
      }
    }
    i += length;
  }
}

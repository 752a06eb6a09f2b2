// Dropout by groups of elements, `=`, in place allowed: whole channels, features over time, samples, or elements one by
// one, with an affine correction of both outcomes (alpha dropout). The decisions of a block of groups are drawn once
// into scratch, as masks of two bytes, and used for all that lies outside of the groups. Nothing else is stored.
// Functions take the factors as scalars: V8's revectorizer stops the process where it meets a vector as a parameter.
import { choose, storeLanes } from './lanes';
import { eightBlocks } from './philox-eight';

/** Groups whose masks lie in scratch at a time; words of Philox behind them. */
const BLOCK: i32 = 1024;
const MASK_BYTES: usize = 2048;
/** Fewer groups than this are repeated until vectors run over their ends without remainders. */
const FEW: i32 = 64;
/** Groups of at least so many contiguous floats are not read where they are dropped. */
const LONG: i32 = 64;

/** Masks of groups [first, first + count) to `masks`: all ones where a group is kept. `first` is a multiple of 64. */
function drawMasks(
  masks: usize, first: i32, count: i32, row: i32, step: i32, site: i32, key0: i32, key1: i32, threshold: i32,
): void {
  const words = masks + MASK_BYTES;
  const least = i16x8.splat(<i16>threshold);
  for (let g = 0; g < count; g += 64) {
    eightBlocks(words, (first + g) >> 3, row, step, site, key0, key1);
    const to = masks + (<usize>g << 1);
    for (let w: usize = 0; w < 4; w++) {
      v128.store(to + (w << 4), i16x8.ge_u(v128.load(words + (w << 5)), least));
      v128.store(to + (w << 4), i16x8.ge_u(v128.load(words + (w << 5), 16), least), 64);
    }
  }
}

// @ts-ignore: decorator
@inline
function affine(x: v128, mask: v128, scale: v128, offset: v128, dropped: v128): v128 {
  return choose(mask, f32x4.add(f32x4.mul(x, scale), offset), dropped);
}

/** n floats, each with a mask of its own. */
function eachMask(x: usize, out: usize, masks: usize, n: i32, factor: f32, added: f32, value: f32): void {
  const scale = f32x4.splat(factor), offset = f32x4.splat(added), dropped = f32x4.splat(value);
  let left = n;
  for (; left >= 16; left -= 16) {
    const a = affine(v128.load(x), v128.load16x4_s(masks), scale, offset, dropped);
    const b = affine(v128.load(x, 16), v128.load16x4_s(masks, 8), scale, offset, dropped);
    const c = affine(v128.load(x, 32), v128.load16x4_s(masks, 16), scale, offset, dropped);
    const d = affine(v128.load(x, 48), v128.load16x4_s(masks, 24), scale, offset, dropped);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    x += 64;
    out += 64;
    masks += 32;
  }
  for (; left > 0; left -= 4) {
    storeLanes(out, affine(v128.load(x), v128.load16x4_s(masks), scale, offset, dropped), left);
    x += 16;
    out += 16;
    masks += 8;
  }
}

/** n floats under one mask. */
// @ts-ignore: decorator
@inline
function oneMask(x: usize, out: usize, mask: v128, n: i32, scale: v128, offset: v128, dropped: v128): void {
  let left = n;
  for (; left >= 8; left -= 8) {
    const a = affine(v128.load(x), mask, scale, offset, dropped);
    const b = affine(v128.load(x, 16), mask, scale, offset, dropped);
    v128.store(out, a);
    v128.store(out, b, 16);
    x += 32;
    out += 32;
  }
  for (; left > 0; left -= 4) {
    storeLanes(out, affine(v128.load(x), mask, scale, offset, dropped), left);
    x += 16;
    out += 16;
  }
}

function fillWith(out: usize, n: usize, value: f32): void {
  const filler = f32x4.splat(value);
  let left = n;
  for (; left >= 8; left -= 8) {
    v128.store(out, filler);
    v128.store(out, filler, 16);
    out += 32;
  }
  for (; left > 0; left--) {
    store<f32>(out, value);
    out += 4;
  }
}

/** `groups` groups of `inner` floats, one after the other. */
function longGroups(
  x: usize, out: usize, masks: usize, groups: i32, inner: i32, factor: f32, added: f32, value: f32,
): void {
  const scale = f32x4.splat(factor), offset = f32x4.splat(added), dropped = f32x4.splat(value);
  const bytes = <usize>inner << 2;
  for (let g = 0; g < groups; g++) {
    if (inner >= LONG && load<i16>(masks) == 0) fillWith(out, <usize>inner, value);
    else oneMask(x, out, i32x4.splat(load<i16>(masks)), inner, scale, offset, dropped);
    x += bytes;
    out += bytes;
    masks += 2;
  }
}

/** Repeats fewer than FEW masks to at least FEW, a multiple of four: the number of masks then. */
function repeatMasks(masks: usize, groups: i32): i32 {
  const total = ((FEW / 4 + groups - 1) / groups * groups) << 2;
  for (let i = groups; i < total; i++) {
    store<i16>(masks + (<usize>i << 1), load<i16>(masks + (<usize>(i - groups) << 1)));
  }
  return total;
}

export function dropoutGroups(
  x: usize, out: usize, rows: i32, shape: usize, row0: i32, key: usize, step: usize, site: i32, rate: usize,
  scratch: usize,
): void {
  const outer = load<i32>(shape), groups = load<i32>(shape, 4), inner = load<i32>(shape, 8);
  const corrected = load<i32>(shape, 12) != 0;
  const threshold = load<i32>(rate);
  // Adding −0 changes nothing, not even a −0.
  const offset: f32 = corrected && load<i32>(rate, 8) != 0 ? load<f32>(rate, 8) : -0.0;
  const dropped: f32 = corrected ? load<f32>(rate, 12) : 0;
  const rowSize = <usize>outer * <usize>groups * <usize>inner;
  if (threshold > 0xffff) {
    // No 16-bit number reaches 65536: everything is dropped.
    fillWith(out, <usize>rows * rowSize, dropped);
    return;
  }
  const scale = load<f32>(rate, 4);
  const key0 = load<i32>(key), key1 = load<i32>(key, 4), stepNumber = load<i32>(step);
  const few = inner == 1 && outer > 1 && groups < FEW;
  for (let row = row0; row < row0 + rows; row++) {
    for (let first = 0; first < groups; first += BLOCK) {
      const count = min(BLOCK, groups - first);
      drawMasks(scratch, first, count, row, stepNumber, site, key0, key1, threshold);
      if (few) {
        const period = repeatMasks(scratch, groups);
        for (let done = 0; done < outer * groups; done += period) {
          const skipped = <usize>done << 2;
          eachMask(x + skipped, out + skipped, scratch, min(period, outer * groups - done), scale, offset, dropped);
        }
        continue;
      }
      for (let o = 0; o < outer; o++) {
        const skipped = ((<usize>o * <usize>groups + <usize>first) * <usize>inner) << 2;
        if (inner == 1) eachMask(x + skipped, out + skipped, scratch, count, scale, offset, dropped);
        else longGroups(x + skipped, out + skipped, scratch, count, inner, scale, offset, dropped);
      }
    }
    x += rowSize << 2;
    out += rowSize << 2;
  }
}

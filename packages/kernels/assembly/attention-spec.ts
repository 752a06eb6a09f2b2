// What one call of attention works on; `attentionSpec` of src/attention-spec.ts writes it. i32 words: heads, queries,
// keys, size, valueSize, causal, scale (f32 bits), then strides in bytes.
export const HEADS: usize = 0;
export const QUERIES: usize = 4;
export const KEYS: usize = 8;
export const SIZE: usize = 12;
export const VALUE_SIZE: usize = 16;
export const CAUSAL: usize = 20;
export const SCALE: usize = 24;
/** Triples of strides of a sample, a head and a row. */
export const Q: usize = 28;
export const K: usize = 40;
export const V: usize = 52;
export const OUT: usize = 64;
export const MASK: usize = 76;
/** The stride of a sample. */
export const KEY_MASK: usize = 88;
export const DQ: usize = 92;
export const DK: usize = 104;
export const DV: usize = 116;

/** Queries of a tile: their scores stay in cache. */
export const TILE: i32 = 32;

// @ts-ignore: decorator
@inline
export function word(spec: usize, at: usize): i32 {
  return load<i32>(spec + at);
}

/** The address of a head of a sample. */
// @ts-ignore: decorator
@inline
export function headOf(base: usize, strides: usize, s: i32, h: i32): usize {
  return base + <usize>s * load<i32>(strides) + <usize>h * load<i32>(strides + 4);
}

// @ts-ignore: decorator
@inline
export function rowStride(strides: usize): usize {
  return <usize>load<i32>(strides + 8);
}

/** Bytes of the panels of a [k, n] matrix. */
// @ts-ignore: decorator
@inline
export function panelBytes(k: i32, n: i32): usize {
  return (<usize>((n + 15) >> 4) * <usize>k) << 6;
}

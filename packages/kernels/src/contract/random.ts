/** The contract of the kernels: random numbers and dropout. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface RandomKernels {
  // ── random: Philox4x32-10 (Salmon et al., SC'11) ──────────────────────────────────────────────────────────────────────
  /** out[4b…4b+3] = Philox(counter + (b, 0, 0, 0) in the first word, wrapping; key) for b < blocks. counter: u32[4], key: u32[2]. */
  philox(out: Pointer, blocks: number, counter: Pointer, key: Pointer): void;
  /** out[i] = low + (high − low) · u, u = (word i of Philox(⌊i/4⌋, stream, 0, 0; key) >>> 8) · 2⁻²⁴, i < n. */
  uniform(out: Pointer, n: number, key: Pointer, stream: number, low: F32Bits, high: F32Bits): void;
  /** Normal deviates by Box–Muller on the words of Philox(⌊i/4⌋, stream, 0, 0; key), computed in f64 polynomials: mean + std · z. */
  normal(out: Pointer, n: number, key: Pointer, stream: number, mean: F32Bits, std: F32Bits): void;
  /**
   * Inverted dropout on rows of n contiguous floats: out = kept ? x · scale : +0; in place allowed.
   * Element e of row r (r counts from row0) is kept if its 16-bit number ≥ threshold (0…65536). In the group g = ⌊e/32⌋, with i = e mod 32,
   * lane = (i mod 8) >> 1: the number is half (i mod 2, low first) of word ⌊i/8⌋ of
   * Philox(4g + lane, r, step, site; key). `key`: u32[2], `step`: u32 and `rate`: [threshold u32, scale f32] are read through their
   * pointers.
   */
  dropout(
    x: Pointer,
    out: Pointer,
    rows: number,
    n: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
  ): void;
  /**
   * Uniform deviates in (0, 1) for rows of n contiguous floats: element e of row r (r counts from row0) is
   * min((f32(w) + ½) · 2⁻³², 1 − 2⁻²⁴), every operation rounded to f32, with i = e mod 16 and w = word ⌊i/4⌋ of
   * Philox(4⌊e/16⌋ + (i mod 4), r, step, site; key). `key`: u32[2] and `step`: u32 are read through their pointers.
   */
  uniformRows(out: Pointer, rows: number, n: number, row0: number, key: Pointer, step: Pointer, site: number): void;
  /**
   * Dropout by groups on rows of outer × groups × inner contiguous floats, in place allowed: out = kept ? x · scale + offset : dropped,
   * where the decision on group g of row r is that of `dropout` on element e = g. shape: i32 [outer, groups, inner, corrected], rate:
   * [threshold u32, scale f32, offset f32, dropped f32]. corrected = 0 reads both offset and dropped as +0. An offset of +0 adds nothing: a
   * kept −0 stays −0. Threshold 65536: dropped everywhere. `scratch`: 2176 bytes.
   */
  dropoutGroups(
    x: Pointer,
    out: Pointer,
    rows: number,
    shape: Pointer,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
  /**
   * out = x · (1 + σ · z) on rows of n contiguous floats, in place allowed; z standard normal by Box–Muller, σ the second word of `rate`.
   * Element e of row r (from row0), with g = ⌊e/32⌋ and i = e mod 32, takes words 2⌊i/16⌋ and 2⌊i/16⌋ + 1 (v, w) of
   * Philox(8g + i mod 8, r, step, site; key): z = √(−2 ln u) · (i mod 16 < 8 ? cos : sin)(2π·w·2⁻³²), u = (⌊v/2⌋ + ½)·2⁻³¹
   * rounded to f32, in f32 polynomials: |error of z| < 4e-7 · max(1, |z|), |z| ≤ 6.66. `scratch`: 128 bytes.
   */
  gaussianDropout(
    x: Pointer,
    out: Pointer,
    rows: number,
    n: number,
    row0: number,
    key: Pointer,
    step: Pointer,
    site: number,
    rate: Pointer,
    scratch: Pointer,
  ): void;
}

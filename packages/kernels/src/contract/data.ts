/** The contract of the kernels: gathering and augmenting batches. Conventions stand in `signatures.ts`. */
import type { F32Bits, Pointer } from '../words.ts';

export interface DataKernels {
  // ── data. `indicesRef` points at a u32 that holds the address of the batch's i32 sample numbers ──────────────────────────
  /** out[s − s0] = src[indices[s]] for s in [s0, s0 + samples), `sampleBytes` bytes each. */
  gatherRows(src: Pointer, indicesRef: Pointer, s0: number, samples: number, sampleBytes: number, out: Pointer): void;
  /**
   * The same from u8 images [C][pixels] to floats: out = u8 · scale[c] + shift[c]. scaleShift: f32[2·channels], scales first.
   * channelsLast = 1 writes [pixels][C], 0 writes [C][pixels].
   */
  gatherImages(
    src: Pointer,
    indicesRef: Pointer,
    s0: number,
    samples: number,
    channels: number,
    pixels: number,
    scaleShift: Pointer,
    channelsLast: number,
    out: Pointer,
  ): void;

  // ── augmentation of byte images [C][H][W], which lie one after the other. `spec` begins with the i32 words C, H, W; `fill`: u8[C];
  // `draws`: f32 deviates u in (0, 1), a row a sample; ⌊u·k⌋ stands for min(⌊u·f32(k)⌋, k − 1) ─────────────────────────────────
  /**
   * Crops at (dy, dx) = (⌊u₀·(2·padY + 1)⌋ − padY, ⌊u₁·(2·padX + 1)⌋ − padX): out[c][y][x] = x[c][y + dy][x + dx]; outside of the image
   * fill[c], or with reflect = 1 the mirror image without the edge (padY < H, padX < W). spec: then i32 padY, padX, reflect.
   */
  cropImages(x: Pointer, out: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /** The mirror image where u₀ < p, else the image: left and right exchanged, or top and bottom with vertical = 1. */
  flipImages(
    x: Pointer,
    out: Pointer,
    samples: number,
    spec: Pointer,
    draws: Pointer,
    p: F32Bits,
    vertical: number,
  ): void;
  /**
   * The inverse affine matrix of each sample, f32 [2][3], in f64 from deviates u₀…u₅. spec: f32 bounds (low, high) of rotation (turns),
   * translation along x and y (pixels, rounded), scale, shear along x and y (turns); v = low + (high − low)·u. With r, sx, sy the angles:
   * a = cos(r − sy) ÷ cos sy, c = sin(r − sy) ÷ cos sy, b = −a·tan sx − sin r, d = cos r − c·tan sx:
   * m = [d, −b; −c, a] ÷ scale, last column −m·(dx, dy).
   */
  affineMatrices(draws: Pointer, out: Pointer, samples: number, spec: Pointer): void;
  /**
   * Bilinear, in f32: with (X, Y) = (column, row) − centre, centre = ((W − 1)/2, (H − 1)/2), from = ((m₀X + m₁Y) + m₂) + centre for x,
   * with m₃, m₄, m₅ for y. Where −1 < from < size on both axes: of the four pixels around it (fill[c] outside) with fx, fy the fractions,
   * ⌊(p₀₀·(1 − fx) + p₀₁·fx)·(1 − fy) + (p₁₀·(1 − fx) + p₁₁·fx)·fy + ½⌋; elsewhere fill[c].
   */
  affineImages(x: Pointer, out: Pointer, samples: number, spec: Pointer, matrices: Pointer, fill: Pointer): void;
  /**
   * In place: brightness, contrast, saturation, in the order of the permutation ⌊6·u₀⌋ (first = half of it; the two others in turn, exchanged
   * if it is odd), with factors low + (high − low)·u₁, u₂, u₃; 1 changes nothing. Each: level + factor·(x − level) in f32, + ½, clamped to
   * [0, 255], truncated; level = 0, the rounded mean luma, the pixel's luma. Luma = (19595R + 38470G + 7471B + 32768) >> 16, for C ≠ 3
   * channel 0. spec: then f32 bounds (low, high) of the three factors.
   */
  jitterImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer): void;
  /**
   * In place, where u₀ < p: the square of `size` pixels from (⌊u₁·H⌋, ⌊u₂·W⌋) − ⌊size/2⌋ on, as far as it lies in the image, = fill.
   * spec: then i32 size, f32 p.
   */
  cutoutImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /**
   * In place, where u₀ < p: one box = fill. Try t takes u = u₁₊₄ₜ…: area = H·W·(areaLow + (areaHigh − areaLow)·u₀), ratio =
   * e^(low + (high − low)·u₁), h = √(area·ratio), w = √(area ÷ ratio), rounded (halves to even); the first with h < H and w < W is placed
   * at (⌊u₂·(H − h + 1)⌋, ⌊u₃·(W − w + 1)⌋). spec: then i32 tries, f32 p, areaLow, areaHigh, low, high of the ratio's logarithm.
   */
  eraseImages(x: Pointer, samples: number, spec: Pointer, draws: Pointer, fill: Pointer): void;
  /** In place: rows [top, bottom) × columns [left, right) of sample s from sample samples − 1 − s of `partners`. box: i32 top, bottom, left, right. */
  pasteBoxes(x: Pointer, partners: Pointer, samples: number, spec: Pointer, box: Pointer): void;
  /** x[s][i] = x[s][i]·w₀ + partners[samples − 1 − s][i]·w₁, rows of n floats; nothing for w = (1, 0). weights: f32 w₀, w₁. */
  mixRows(x: Pointer, partners: Pointer, samples: number, n: number, weights: Pointer): void;
}

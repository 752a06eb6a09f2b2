// Winograd's transforms of data for F(2×2, 3×3) (Lavin & Gray, 2016): V = Bᵀ d B of a 4×4 tile and Y = Aᵀ M A, its 2×2
// outputs. Both go down the columns first, then along the rows.

/**
 * Transforms the tiles first…first + 3 of `tiles` (the last one again where there are fewer) into v: [16][4][channels].
 * Tiles are numbered through the samples, rows × columns in each, and start two pixels apart, the last row and column
 * of tiles no later than at lastY and lastX.
 */
export function transformTiles(
  x: usize, xSampleStride: usize, xRowBytes: usize, channels: i32, first: i32, tiles: i32, rows: i32, columns: i32,
  lastY: i32, lastX: i32, v: usize,
): void {
  const pixelBytes = <usize>channels << 2;
  for (let i = 0; i < 4; i++) {
    const tile = min(first + i, tiles - 1);
    const s = tile / (rows * columns);
    const inSample = tile - s * rows * columns;
    const row = inSample / columns;
    const y = min(2 * row, lastY), left = min(2 * (inSample - row * columns), lastX);
    const from = x + <usize>s * xSampleStride + <usize>y * xRowBytes + <usize>left * pixelBytes;
    transformInput(from, xRowBytes, channels, v + <usize>i * pixelBytes);
  }
}

/**
 * One tile: x points at its top left pixel, pixels are `channels` floats. v: the tile's row of channels at position 0,
 * the positions 16·channels bytes apart. Channels are a multiple of 4.
 */
function transformInput(x: usize, xRowBytes: usize, channels: i32, v: usize): void {
  const pixelBytes = <usize>channels << 2;
  const step = <usize>channels << 4;
  const end = v + pixelBytes;
  while (v < end) {
    const column0 = x;
    const d00 = v128.load(column0), d10 = v128.load(column0 + xRowBytes);
    const d20 = v128.load(column0 + 2 * xRowBytes), d30 = v128.load(column0 + 3 * xRowBytes);
    const t00 = f32x4.sub(d00, d20), t10 = f32x4.add(d10, d20);
    const t20 = f32x4.sub(d20, d10), t30 = f32x4.sub(d10, d30);
    const column1 = x + pixelBytes;
    const d01 = v128.load(column1), d11 = v128.load(column1 + xRowBytes);
    const d21 = v128.load(column1 + 2 * xRowBytes), d31 = v128.load(column1 + 3 * xRowBytes);
    const t01 = f32x4.sub(d01, d21), t11 = f32x4.add(d11, d21);
    const t21 = f32x4.sub(d21, d11), t31 = f32x4.sub(d11, d31);
    const column2 = x + 2 * pixelBytes;
    const d02 = v128.load(column2), d12 = v128.load(column2 + xRowBytes);
    const d22 = v128.load(column2 + 2 * xRowBytes), d32 = v128.load(column2 + 3 * xRowBytes);
    const t02 = f32x4.sub(d02, d22), t12 = f32x4.add(d12, d22);
    const t22 = f32x4.sub(d22, d12), t32 = f32x4.sub(d12, d32);
    const column3 = x + 3 * pixelBytes;
    const d03 = v128.load(column3), d13 = v128.load(column3 + xRowBytes);
    const d23 = v128.load(column3 + 2 * xRowBytes), d33 = v128.load(column3 + 3 * xRowBytes);
    const t03 = f32x4.sub(d03, d23), t13 = f32x4.add(d13, d23);
    const t23 = f32x4.sub(d23, d13), t33 = f32x4.sub(d13, d33);
    storeRow(v, step, t00, t01, t02, t03);
    storeRow(v + 4 * step, step, t10, t11, t12, t13);
    storeRow(v + 8 * step, step, t20, t21, t22, t23);
    storeRow(v + 12 * step, step, t30, t31, t32, t33);
    x += 16;
    v += 16;
  }
}

// @ts-ignore: decorator
@inline
function storeRow(v: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(v, f32x4.sub(a, c));
  v128.store(v + step, f32x4.add(b, c));
  v128.store(v + 2 * step, f32x4.sub(c, b));
  v128.store(v + 3 * step, f32x4.sub(b, d));
}

/** One tile × 16 columns: m points at the tile in [16 positions][4 tiles][16]; y: [4 pixels][16]. */
export function transformOutput(m: usize, y: usize): void {
  const end = m + 64;
  while (m < end) {
    const m00 = v128.load(m, 0), m10 = v128.load(m, 1024);
    const m20 = v128.load(m, 2048), m30 = v128.load(m, 3072);
    const s00 = f32x4.add(f32x4.add(m00, m10), m20);
    const s10 = f32x4.sub(f32x4.sub(m10, m20), m30);
    const m01 = v128.load(m, 256), m11 = v128.load(m, 1280);
    const m21 = v128.load(m, 2304), m31 = v128.load(m, 3328);
    const s01 = f32x4.add(f32x4.add(m01, m11), m21);
    const s11 = f32x4.sub(f32x4.sub(m11, m21), m31);
    const m02 = v128.load(m, 512), m12 = v128.load(m, 1536);
    const m22 = v128.load(m, 2560), m32 = v128.load(m, 3584);
    const s02 = f32x4.add(f32x4.add(m02, m12), m22);
    const s12 = f32x4.sub(f32x4.sub(m12, m22), m32);
    const m03 = v128.load(m, 768), m13 = v128.load(m, 1792);
    const m23 = v128.load(m, 2816), m33 = v128.load(m, 3840);
    const s03 = f32x4.add(f32x4.add(m03, m13), m23);
    const s13 = f32x4.sub(f32x4.sub(m13, m23), m33);
    v128.store(y, f32x4.add(f32x4.add(s00, s01), s02), 0);
    v128.store(y, f32x4.sub(f32x4.sub(s01, s02), s03), 64);
    v128.store(y, f32x4.add(f32x4.add(s10, s11), s12), 128);
    v128.store(y, f32x4.sub(f32x4.sub(s11, s12), s13), 192);
    m += 16;
    y += 16;
  }
}

// The products of Winograd's domain: for each of the 16 positions, M[tile] = Σ_channel V[tile][channel] · U[channel],
// four tiles × 16 columns in registers. Straight code in the inner loop: see tile.ts.

/**
 * v: [16 positions][4 tiles][channels]; u: one panel [16 positions][channels][16]; m: [16 positions][4 tiles][16].
 * Channels ascend from +0; their number is even.
 */
export function winogradProducts(v: usize, u: usize, m: usize, channels: i32): void {
  const tileBytes = <usize>channels << 2;
  const mEnd = m + 4096;
  while (m < mEnd) {
    let v0 = v, v1 = v + tileBytes, v2 = v + 2 * tileBytes, v3 = v + 3 * tileBytes;
    v += tileBytes << 2;
    let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
    let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
    let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0), c23 = f32x4.splat(0);
    let c30 = f32x4.splat(0), c31 = f32x4.splat(0), c32 = f32x4.splat(0), c33 = f32x4.splat(0);
    const end = v1;
    while (v0 < end) {
      {
        const b0 = v128.load(u, 0);
        const b1 = v128.load(u, 16);
        const b2 = v128.load(u, 32);
        const b3 = v128.load(u, 48);
        const a0 = v128.load32_splat(v0, 0);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
        const a1 = v128.load32_splat(v1, 0);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        c12 = f32x4.add(c12, f32x4.mul(a1, b2));
        c13 = f32x4.add(c13, f32x4.mul(a1, b3));
        const a2 = v128.load32_splat(v2, 0);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        c22 = f32x4.add(c22, f32x4.mul(a2, b2));
        c23 = f32x4.add(c23, f32x4.mul(a2, b3));
        const a3 = v128.load32_splat(v3, 0);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        c32 = f32x4.add(c32, f32x4.mul(a3, b2));
        c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      }
      {
        const b0 = v128.load(u, 64);
        const b1 = v128.load(u, 80);
        const b2 = v128.load(u, 96);
        const b3 = v128.load(u, 112);
        const a0 = v128.load32_splat(v0, 4);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
        const a1 = v128.load32_splat(v1, 4);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        c12 = f32x4.add(c12, f32x4.mul(a1, b2));
        c13 = f32x4.add(c13, f32x4.mul(a1, b3));
        const a2 = v128.load32_splat(v2, 4);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        c22 = f32x4.add(c22, f32x4.mul(a2, b2));
        c23 = f32x4.add(c23, f32x4.mul(a2, b3));
        const a3 = v128.load32_splat(v3, 4);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        c32 = f32x4.add(c32, f32x4.mul(a3, b2));
        c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      }
      v0 += 8;
      v1 += 8;
      v2 += 8;
      v3 += 8;
      u += 128;
    }
    v128.store(m, c00, 0);
    v128.store(m, c01, 16);
    v128.store(m, c02, 32);
    v128.store(m, c03, 48);
    v128.store(m, c10, 64);
    v128.store(m, c11, 80);
    v128.store(m, c12, 96);
    v128.store(m, c13, 112);
    v128.store(m, c20, 128);
    v128.store(m, c21, 144);
    v128.store(m, c22, 160);
    v128.store(m, c23, 176);
    v128.store(m, c30, 192);
    v128.store(m, c31, 208);
    v128.store(m, c32, 224);
    v128.store(m, c33, 240);
    m += 256;
  }
}

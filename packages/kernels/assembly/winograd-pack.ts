// The weights of a 3×3 convolution in Winograd's domain, U = G g Gᵀ for F(2×2, 3×3) (Lavin & Gray, 2016), `=`. Four
// outputs are transformed at a time, one in each lane.

/** Lane l of `a`, `b`, `c`, `d` as one vector: a row of their transpose, l = 0…3. */
// @ts-ignore: decorator
@inline
export function lane0(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.shuffle(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(c, d, 0, 4, 1, 5), 0, 2);
}
// @ts-ignore: decorator
@inline
export function lane1(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.shuffle(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(c, d, 0, 4, 1, 5), 1, 3);
}
// @ts-ignore: decorator
@inline
export function lane2(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.shuffle(i32x4.shuffle(a, b, 2, 6, 3, 7), i32x4.shuffle(c, d, 2, 6, 3, 7), 0, 2);
}
// @ts-ignore: decorator
@inline
export function lane3(a: v128, b: v128, c: v128, d: v128): v128 {
  return i64x2.shuffle(i32x4.shuffle(a, b, 2, 6, 3, 7), i32x4.shuffle(c, d, 2, 6, 3, 7), 1, 3);
}

/** The second and third rows of G times (a, b, c): ½(a + c) ± ½b. */
// @ts-ignore: decorator
@inline
export function plus(a: v128, b: v128, c: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.add(f32x4.mul(half, f32x4.add(a, c)), f32x4.mul(half, b));
}
// @ts-ignore: decorator
@inline
export function minus(a: v128, b: v128, c: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.sub(f32x4.mul(half, f32x4.add(a, c)), f32x4.mul(half, b));
}

/** Row i of U from row i of G g, its four positions `positionBytes` apart. */
// @ts-ignore: decorator
@inline
export function storeRow(u: usize, positionBytes: usize, a: v128, b: v128, c: v128): void {
  v128.store(u, a);
  v128.store(u + positionBytes, plus(a, b, c));
  v128.store(u + 2 * positionBytes, minus(a, b, c));
  v128.store(u + 3 * positionBytes, c);
}

export function winogradPack(weight: usize, u: usize, channels: i32, n: i32): void {
  const outputBytes = <usize>channels * 36;
  const positionBytes = <usize>channels << 6;
  const lanes = i32x4(0, 1, 2, 3);
  for (let j = 0; j < ((n + 15) & ~15); j += 4) {
    // Lanes beyond n read the last output again and are cleared.
    const inside = i32x4.lt_s(i32x4.add(lanes, i32x4.splat(j)), i32x4.splat(n));
    let r0 = weight + <usize>min(j, n - 1) * outputBytes;
    let r1 = weight + <usize>min(j + 1, n - 1) * outputBytes;
    let r2 = weight + <usize>min(j + 2, n - 1) * outputBytes;
    let r3 = weight + <usize>min(j + 3, n - 1) * outputBytes;
    let to = u + <usize>(j >> 4) * (positionBytes << 4) + (<usize>(j & 15) << 2);
    for (let c = 0; c < channels; c++) {
      const a0 = v128.load(r0), a1 = v128.load(r1), a2 = v128.load(r2), a3 = v128.load(r3);
      const b0 = v128.load(r0, 16), b1 = v128.load(r1, 16), b2 = v128.load(r2, 16), b3 = v128.load(r3, 16);
      const g0 = v128.and(inside, lane0(a0, a1, a2, a3));
      const g1 = v128.and(inside, lane1(a0, a1, a2, a3));
      const g2 = v128.and(inside, lane2(a0, a1, a2, a3));
      const g3 = v128.and(inside, lane3(a0, a1, a2, a3));
      const g4 = v128.and(inside, lane0(b0, b1, b2, b3));
      const g5 = v128.and(inside, lane1(b0, b1, b2, b3));
      const g6 = v128.and(inside, lane2(b0, b1, b2, b3));
      const g7 = v128.and(inside, lane3(b0, b1, b2, b3));
      const g8 = v128.and(inside, f32x4(load<f32>(r0, 32), load<f32>(r1, 32), load<f32>(r2, 32), load<f32>(r3, 32)));
      storeRow(to, positionBytes, g0, g1, g2);
      storeRow(to + 4 * positionBytes, positionBytes, plus(g0, g3, g6), plus(g1, g4, g7), plus(g2, g5, g8));
      storeRow(to + 8 * positionBytes, positionBytes, minus(g0, g3, g6), minus(g1, g4, g7), minus(g2, g5, g8));
      storeRow(to + 12 * positionBytes, positionBytes, g6, g7, g8);
      r0 += 36;
      r1 += 36;
      r2 += 36;
      r3 += 36;
      to += 64;
    }
  }
}

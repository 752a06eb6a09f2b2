// The weights of a 3×3 convolution in Winograd's domain as the gradient to its input reads them: outputs and inputs
// exchanged, every kernel turned by half a turn. `=`. Four inputs are transformed at a time, one in each lane.
import { lane0, lane1, lane2, lane3, minus, plus, storeRow } from './winograd-pack';

export function winogradPackTransposed(
  weight: usize, u: usize, inputs: i32, outputs: i32, first: i32, count: i32,
): void {
  const positionBytes = <usize>outputs << 6;
  const lanes = i32x4(0, 1, 2, 3);
  for (let o = first; o < first + count; o++) {
    const row = weight + <usize>o * <usize>inputs * 36;
    for (let j = 0; j < ((inputs + 15) & ~15); j += 4) {
      // Lanes beyond the inputs read the last one again and are cleared.
      const inside = i32x4.lt_s(i32x4.add(lanes, i32x4.splat(j)), i32x4.splat(inputs));
      const r0 = row + <usize>min(j, inputs - 1) * 36;
      const r1 = row + <usize>min(j + 1, inputs - 1) * 36;
      const r2 = row + <usize>min(j + 2, inputs - 1) * 36;
      const r3 = row + <usize>min(j + 3, inputs - 1) * 36;
      const a0 = v128.load(r0), a1 = v128.load(r1), a2 = v128.load(r2), a3 = v128.load(r3);
      const b0 = v128.load(r0, 16), b1 = v128.load(r1, 16), b2 = v128.load(r2, 16), b3 = v128.load(r3, 16);
      const g8 = v128.and(inside, lane0(a0, a1, a2, a3));
      const g7 = v128.and(inside, lane1(a0, a1, a2, a3));
      const g6 = v128.and(inside, lane2(a0, a1, a2, a3));
      const g5 = v128.and(inside, lane3(a0, a1, a2, a3));
      const g4 = v128.and(inside, lane0(b0, b1, b2, b3));
      const g3 = v128.and(inside, lane1(b0, b1, b2, b3));
      const g2 = v128.and(inside, lane2(b0, b1, b2, b3));
      const g1 = v128.and(inside, lane3(b0, b1, b2, b3));
      const g0 = v128.and(inside, f32x4(load<f32>(r0, 32), load<f32>(r1, 32), load<f32>(r2, 32), load<f32>(r3, 32)));
      const to = u + <usize>(j >> 4) * (positionBytes << 4) + (<usize>o << 6) + (<usize>(j & 15) << 2);
      storeRow(to, positionBytes, g0, g1, g2);
      storeRow(to + 4 * positionBytes, positionBytes, plus(g0, g3, g6), plus(g1, g4, g7), plus(g2, g5, g8));
      storeRow(to + 8 * positionBytes, positionBytes, minus(g0, g3, g6), minus(g1, g4, g7), minus(g2, g5, g8));
      storeRow(to + 12 * positionBytes, positionBytes, g6, g7, g8);
    }
  }
}

// Conversions between element types, `=`, no overlap (i32 ↔ f32 may be in place).
import { storeLanes } from './lanes';

export function cast(op: i32, x: usize, out: usize, n: i32): void {
  let i = 0;
  if (op == 0) {
    for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), f32x4.convert_i32x4_s(v128.load(x + (<usize>i << 2))));
    for (; i < n; i++) store<f32>(out + (<usize>i << 2), <f32>load<i32>(x + (<usize>i << 2)));
  } else if (op == 1) {
    for (; i + 4 <= n; i += 4) {
      const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x + <usize>i)));
      v128.store(out + (<usize>i << 2), f32x4.convert_i32x4_s(words));
    }
    for (; i < n; i++) store<f32>(out + (<usize>i << 2), <f32>(<i32>load<u8>(x + <usize>i)));
  } else {
    for (; i < n; i += 4) {
      storeLanes(out + (<usize>i << 2), i32x4.trunc_sat_f32x4_s(v128.load(x + (<usize>i << 2))), n - i);
    }
  }
}

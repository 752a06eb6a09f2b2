// The lists of `poolConvInputGradient`: for each pixel of the convolution's output the channels whose gradient arrives
// there, as pairs (gradient, byte offset of the channel's weight row), channels ascending. They follow each other
// without gaps; `ranges` holds the first and last byte address of each pixel's list.
import { appendLanes } from './left-pack';

/** Lists one sample, from `list` on; returns the end. Pixels outside all windows get an empty list. */
export function listPixels(
  g: usize, codes: usize, ph: i32, pw: i32, oh: i32, ow: i32, channels: i32, ranges: usize, list: usize,
  offsetsAt: usize, table: usize,
): usize {
  memory.fill(ranges, 0, (<usize>oh * <usize>ow) << 3);
  for (let py = 0; py < ph; py++) {
    for (let px = 0; px < pw; px++) {
      for (let code = 0; code < 4; code++) {
        const pixel = (2 * py + (code >> 1)) * ow + 2 * px + (code & 1);
        const range = ranges + (<usize>pixel << 3);
        store<usize>(range, list);
        list = listPixel(g, codes, code, channels, list, offsetsAt, table);
        store<usize>(range, list, 4);
      }
      g += <usize>channels << 2;
      codes += <usize>channels;
    }
  }
  return list;
}

/** Appends the channels of one window whose code is `code` and whose gradient is not zero. */
// @ts-ignore: decorator
@inline
function listPixel(
  g: usize, codes: usize, code: i32, channels: i32, list: usize, offsetsAt: usize, table: usize,
): usize {
  const zero = f32x4.splat(0);
  const wanted = i32x4.splat(code);
  let offsets = i32x4(0, 64, 128, 192);
  for (let c = 0; c < channels; c += 4) {
    const values = v128.load(g + (<usize>c << 2));
    const bytes = v128.load32_zero(codes + <usize>c);
    const each = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
    const inside = (1 << min(channels - c, 4)) - 1;
    const mask = i32x4.bitmask(v128.and(i32x4.eq(each, wanted), f32x4.ne(values, zero))) & inside;
    list = appendLanes(list, offsetsAt, values, offsets, mask, table);
    offsets = i32x4.add(offsets, i32x4.splat(256));
  }
  return list;
}

// Channels-last images with a border of +0 around each, `=`, no overlap: what the Winograd kernels read where a
// convolution is padded.
import { copyFloats } from './lanes';
import { fill } from './memory';

export function padImages(
  x: usize, out: usize, samples: i32, height: i32, width: i32, channels: i32, padTop: i32, padLeft: i32,
  outHeight: i32, outWidth: i32,
): void {
  const row = width * channels, outRow = outWidth * channels;
  const left = padLeft * channels;
  // From the end of one copied row to the start of the next one, and around the whole image.
  const between = outRow - row;
  const above = padTop * outRow + left;
  const below = (outHeight - padTop - height) * outRow + (between - left);
  for (let s = 0; s < samples; s++) {
    fill(out, above, 0);
    out += <usize>above << 2;
    for (let y = 0; y < height; y++) {
      copyFloats(x, out, row);
      x += <usize>row << 2;
      out += <usize>row << 2;
      if (y + 1 < height) {
        fill(out, between, 0);
        out += <usize>between << 2;
      }
    }
    fill(out, below, 0);
    out += <usize>below << 2;
  }
}

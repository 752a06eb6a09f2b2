// Affine transforms of byte images [C][H][W], `=`: the matrix of each sample from uniform deviates, then bilinear sampling
// of the image where each output pixel comes from.
import { cos64, sin64 } from './math64';

/** 2π. */
const TURN: f64 = 6.283185307179586;

/** low + (high − low) · deviate, in f64, of two neighbouring f32. */
// @ts-ignore: decorator
@inline
function between(bounds: usize, deviate: f32): f64 {
  const low = <f64>load<f32>(bounds);
  return low + (<f64>load<f32>(bounds, 4) - low) * <f64>deviate;
}

/** sin of an angle in turns: the nearest quarter is taken off first. `shift`: quarters added, 1 for cos. */
function sinTurns(turns: f64, shift: i32): f64 {
  const quarter = nearest<f64>(4 * turns);
  const angle = (turns - 0.25 * quarter) * TURN;
  const q = (<i32>quarter + shift) & 3;
  const value = (q & 1) != 0 ? cos64(angle) : sin64(angle);
  return q > 1 ? -value : value;
}

export function affineMatrices(draws: usize, out: usize, samples: i32, spec: usize): void {
  for (let s = 0; s < samples; s++) {
    const rotation = between(spec, load<f32>(draws));
    const dx = nearest<f64>(between(spec + 8, load<f32>(draws, 4)));
    const dy = nearest<f64>(between(spec + 16, load<f32>(draws, 8)));
    const scale = between(spec + 24, load<f32>(draws, 12));
    const shearX = between(spec + 32, load<f32>(draws, 16)), shearY = between(spec + 40, load<f32>(draws, 20));
    const cosY = sinTurns(shearY, 1), tanX = sinTurns(shearX, 0) / sinTurns(shearX, 1);
    const cosine = sinTurns(rotation - shearY, 1) / cosY, sine = sinTurns(rotation - shearY, 0) / cosY;
    const b = -(cosine * tanX) - sinTurns(rotation, 0);
    const d = sinTurns(rotation, 1) - sine * tanX;
    const m0 = d / scale, m1 = -b / scale, m3 = -sine / scale, m4 = cosine / scale;
    store<f32>(out, <f32>m0);
    store<f32>(out, <f32>m1, 4);
    store<f32>(out, <f32>(-(m0 * dx) - m1 * dy), 8);
    store<f32>(out, <f32>m3, 12);
    store<f32>(out, <f32>m4, 16);
    store<f32>(out, <f32>(-(m3 * dx) - m4 * dy), 20);
    draws += 24;
    out += 24;
  }
}

/** The byte at (y, x), or `fill` outside of the image. */
// @ts-ignore: decorator
@inline
function pixel(plane: usize, y: i32, x: i32, height: i32, width: i32, fill: f32): f32 {
  return <u32>y < <u32>height && <u32>x < <u32>width ? <f32>(<i32>load<u8>(plane + y * width + x)) : fill;
}

export function affineImages(x: usize, out: usize, samples: i32, spec: usize, matrices: usize, fill: usize): void {
  const channels = load<i32>(spec), height = load<i32>(spec, 4), width = load<i32>(spec, 8);
  const planeBytes = height * width;
  const centreX: f32 = <f32>(width - 1) * 0.5, centreY: f32 = <f32>(height - 1) * 0.5;
  for (let s = 0; s < samples; s++) {
    const m0 = load<f32>(matrices), m1 = load<f32>(matrices, 4), m2 = load<f32>(matrices, 8);
    const m3 = load<f32>(matrices, 12), m4 = load<f32>(matrices, 16), m5 = load<f32>(matrices, 20);
    matrices += 24;
    for (let row = 0; row < height; row++) {
      const dy: f32 = <f32>row - centreY;
      for (let column = 0; column < width; column++) {
        const dx: f32 = <f32>column - centreX;
        const fromX: f32 = ((m0 * dx + m1 * dy) + m2) + centreX, fromY: f32 = ((m3 * dx + m4 * dy) + m5) + centreY;
        const to = out + row * width + column;
        if (!(fromX > -1 && fromX < <f32>width && fromY > -1 && fromY < <f32>height)) {
          for (let c = 0; c < channels; c++) store<u8>(to + c * planeBytes, load<u8>(fill + c));
          continue;
        }
        const left = floor<f32>(fromX), top = floor<f32>(fromY);
        const fx: f32 = fromX - left, fy: f32 = fromY - top, gx: f32 = 1 - fx, gy: f32 = 1 - fy;
        const x0 = <i32>left, y0 = <i32>top;
        const whole = x0 >= 0 && y0 >= 0 && x0 + 1 < width && y0 + 1 < height;
        for (let c = 0; c < channels; c++) {
          const plane = x + c * planeBytes;
          let p00: f32, p01: f32, p10: f32, p11: f32;
          if (whole) {
            const at = plane + y0 * width + x0;
            p00 = <f32>(<i32>load<u8>(at));
            p01 = <f32>(<i32>load<u8>(at, 1));
            p10 = <f32>(<i32>load<u8>(at + width));
            p11 = <f32>(<i32>load<u8>(at + width, 1));
          } else {
            const outside = <f32>(<i32>load<u8>(fill + c));
            p00 = pixel(plane, y0, x0, height, width, outside);
            p01 = pixel(plane, y0, x0 + 1, height, width, outside);
            p10 = pixel(plane, y0 + 1, x0, height, width, outside);
            p11 = pixel(plane, y0 + 1, x0 + 1, height, width, outside);
          }
          const upper: f32 = p00 * gx + p01 * fx, lower: f32 = p10 * gx + p11 * fx;
          store<u8>(to + c * planeBytes, <u8>(<i32>(upper * gy + lower * fy + 0.5)));
        }
      }
    }
    x += channels * planeBytes;
    out += channels * planeBytes;
  }
}

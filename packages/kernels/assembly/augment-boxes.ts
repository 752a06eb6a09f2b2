// Boxes of byte images [C][H][W] that are filled (cutout, random erasing) or taken from another image (CutMix), in
// place, and sums of two images (mixup).
import { wholeNumber } from './augment-crop';
import { expLanes } from './math';

function fillBox(image: usize, spec: usize, fill: usize, top: i32, bottom: i32, left: i32, right: i32): void {
  const channels = load<i32>(spec), height = load<i32>(spec, 4), width = load<i32>(spec, 8);
  for (let c = 0; c < channels; c++) {
    for (let y = top; y < bottom; y++) {
      memory.fill(image + (c * height + y) * width + left, load<u8>(fill + c), right - left);
    }
  }
}

export function cutoutImages(x: usize, samples: i32, spec: usize, draws: usize, fill: usize): void {
  const height = load<i32>(spec, 4), width = load<i32>(spec, 8), size = load<i32>(spec, 12);
  const p = load<f32>(spec, 16), bytes = load<i32>(spec) * height * width;
  for (let s = 0; s < samples; s++) {
    if (load<f32>(draws) < p) {
      const top = wholeNumber(load<f32>(draws, 4), height) - (size >> 1);
      const left = wholeNumber(load<f32>(draws, 8), width) - (size >> 1);
      fillBox(x, spec, fill, max(top, 0), min(top + size, height), max(left, 0), min(left + size, width));
    }
    draws += 12;
    x += bytes;
  }
}

export function eraseImages(x: usize, samples: i32, spec: usize, draws: usize, fill: usize): void {
  const height = load<i32>(spec, 4), width = load<i32>(spec, 8), tries = load<i32>(spec, 12);
  const p = load<f32>(spec, 16), pixels = height * width, bytes = load<i32>(spec) * pixels;
  const areaLow = load<f32>(spec, 20), areaRange: f32 = load<f32>(spec, 24) - areaLow;
  const ratioLow = load<f32>(spec, 28), ratioRange: f32 = load<f32>(spec, 32) - ratioLow;
  for (let s = 0; s < samples; s++) {
    let erase = load<f32>(draws) < p;
    for (let t = 0; erase && t < tries; t++) {
      const tried = draws + 4 + (t << 4);
      const area: f32 = <f32>pixels * (areaLow + areaRange * load<f32>(tried));
      const ratio = f32x4.extract_lane(expLanes(f32x4.splat(ratioLow + ratioRange * load<f32>(tried, 4))), 0);
      const boxHeight = nearest<f32>(sqrt<f32>(area * ratio)), boxWidth = nearest<f32>(sqrt<f32>(area / ratio));
      if (!(boxHeight < <f32>height && boxWidth < <f32>width)) continue;
      const h = <i32>boxHeight, w = <i32>boxWidth;
      const top = wholeNumber(load<f32>(tried, 8), height - h + 1), left = wholeNumber(load<f32>(tried, 12), width - w + 1);
      fillBox(x, spec, fill, top, top + h, left, left + w);
      erase = false;
    }
    draws += 4 + (<usize>tries << 4);
    x += bytes;
  }
}

export function pasteBoxes(x: usize, partners: usize, samples: i32, spec: usize, box: usize): void {
  const channels = load<i32>(spec), height = load<i32>(spec, 4), width = load<i32>(spec, 8);
  const top = load<i32>(box), bottom = load<i32>(box, 4), left = load<i32>(box, 8), right = load<i32>(box, 12);
  if (bottom <= top || right <= left) return;
  for (let s = 0; s < samples; s++) {
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < bottom; y++) {
        const at = (c * height + y) * width + left;
        memory.copy(
          x + s * channels * height * width + at,
          partners + (samples - 1 - s) * channels * height * width + at,
          right - left,
        );
      }
    }
  }
}

export function mixRows(x: usize, partners: usize, samples: i32, n: i32, weights: usize): void {
  const own = load<f32>(weights), other = load<f32>(weights, 4);
  if (own == 1 && other == 0) return;
  const a = f32x4.splat(own), b = f32x4.splat(other);
  for (let s = 0; s < samples; s++) {
    const from = partners + ((<usize>(samples - 1 - s) * <usize>n) << 2);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = <usize>i << 2;
      v128.store(x + at, f32x4.add(f32x4.mul(v128.load(x + at), a), f32x4.mul(v128.load(from + at), b)));
    }
    for (; i < n; i++) {
      const at = <usize>i << 2;
      store<f32>(x + at, load<f32>(x + at) * own + load<f32>(from + at) * other);
    }
    x += <usize>n << 2;
  }
}

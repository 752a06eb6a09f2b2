// Normalisation of groups of channels within each sample, on channels-last rows of n floats. `=`, no overlap. `statistics` holds rows
// [mean][1/√(variance + eps)] of n floats for each sample; every channel of a group has the group's.
import { batchNorm } from './batch-norm';
import { batchNormGradSums } from './batch-norm-grad';
import { storeLanes } from './lanes';

export function groupNormStatistics(
  moments: usize, samples: i32, rows: i32, n: i32, groups: i32, epsBits: i32, out: usize,
): void {
  const rowBytes = <usize>n << 2;
  const width = n / groups;
  const eps = <f64>reinterpret<f32>(epsBits);
  for (let s = 0; s < samples; s++) {
    for (let first = 0; first < n; first += width) {
      let mean: f64 = 0, inside: f64 = 0, between: f64 = 0;
      for (let c = first; c < first + width; c++) mean += <f64>load<f32>(moments + (<usize>c << 2));
      mean /= <f64>width;
      for (let c = first; c < first + width; c++) {
        const at = moments + (<usize>c << 2);
        const d = <f64>load<f32>(at) - mean;
        inside += <f64>load<f32>(at + rowBytes);
        between += d * d;
      }
      const variance = (inside + <f64>rows * between) / (<f64>rows * <f64>width);
      const invstd = <f32>(1 / sqrt<f64>(variance + eps));
      for (let c = first; c < first + width; c++) {
        const at = out + (<usize>c << 2);
        store<f32>(at, <f32>mean);
        store<f32>(at + rowBytes, invstd);
      }
    }
    moments += 2 * rowBytes;
    out += 2 * rowBytes;
  }
}

export function groupNorm(
  x: usize, statistics: usize, gamma: usize, beta: usize, out: usize, samples: i32, rows: i32, n: i32, tmp: usize,
): void {
  const rowBytes = <usize>n << 2;
  for (let s = 0; s < samples; s++) {
    batchNorm(x, statistics, gamma, beta, out, rows, n, 0, tmp);
    x += <usize>rows * rowBytes;
    out += <usize>rows * rowBytes;
    statistics += 2 * rowBytes;
  }
}

export function groupNormGradSums(
  dy: usize, x: usize, statistics: usize, samples: i32, rows: i32, n: i32, out: usize,
): void {
  const rowBytes = <usize>n << 2;
  for (let s = 0; s < samples; s++) {
    batchNormGradSums(dy, x, 0, statistics, 1, rows, n, out);
    dy += <usize>rows * rowBytes;
    x += <usize>rows * rowBytes;
    statistics += 2 * rowBytes;
    out += 2 * rowBytes;
  }
}

/** The factors of each channel of one sample: invstd·gamma, invstd·A and invstd²·B; `tmp` holds three rows of them. */
// @ts-ignore: decorator
@inline
function writeFactors(statistics: usize, gamma: usize, sums: usize, n: i32, width: i32, count: f64, tmp: usize, row: usize): void {
  const rowBytes = <usize>n << 2;
  for (let first = 0; first < n; first += width) {
    let a: f64 = 0, b: f64 = 0;
    for (let c = first; c < first + width; c++) {
      const at = <usize>c << 2;
      const g = <f64>load<f32>(gamma + at);
      a += g * <f64>load<f32>(sums + at);
      b += g * <f64>load<f32>(sums + rowBytes + at);
    }
    a /= count;
    b /= count;
    for (let c = first; c < first + width; c++) {
      const at = <usize>c << 2;
      const invstd = load<f32>(statistics + rowBytes + at);
      store<f32>(tmp + at, invstd * load<f32>(gamma + at));
      store<f32>(tmp + row + at, <f32>(<f64>invstd * a));
      store<f32>(tmp + 2 * row + at, <f32>(<f64>invstd * <f64>invstd * b));
    }
  }
}

export function groupNormGrad(
  dy: usize, x: usize, statistics: usize, gamma: usize, sums: usize, dx: usize,
  samples: i32, rows: i32, n: i32, groups: i32, tmp: usize,
): void {
  const rowBytes = <usize>n << 2;
  const row = <usize>((n + 3) & ~3) << 2;
  const width = n / groups;
  for (let s = 0; s < samples; s++) {
    writeFactors(statistics, gamma, sums, n, width, <f64>rows * <f64>width, tmp, row);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < n; j += 4) {
        const at = <usize>j << 2;
        const d = f32x4.sub(v128.load(x + at), v128.load(statistics + at));
        const g = f32x4.sub(f32x4.mul(v128.load(dy + at), v128.load(tmp + at)), v128.load(tmp + row + at));
        storeLanes(dx + at, f32x4.sub(g, f32x4.mul(d, v128.load(tmp + 2 * row + at))), n - j);
      }
      dy += rowBytes;
      x += rowBytes;
      dx += rowBytes;
    }
    statistics += 2 * rowBytes;
    sums += 2 * rowBytes;
  }
}

/** Mean and deviation of a user's own images, for the normalisation that the gather kernel applies. */

export interface ChannelStats {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * images: [N, C, H, W] u8 → mean and std [C] of pixel / 255, to 4 decimals as such constants are published.
 * A constant channel has std 1, so that normalising never divides by zero.
 */
export function channelStats(images: Uint8Array, shape: readonly [number, number, number]): ChannelStats {
  const [channels, height, width] = shape;
  const plane = height * width;
  // Integer sums stay below 2^53 for 10^11 pixels: they are exact, so their order changes no bit.
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let start = 0; start < images.length; start += plane) {
    let sum = 0;
    let square = 0;
    for (let i = start; i < start + plane; i++) {
      const v = images[i]!;
      sum += v;
      square += v * v;
    }
    const c = (start / plane) % channels;
    sums[c]! += sum;
    squares[c]! += square;
  }
  const pixels = images.length / channels;
  const mean = Array.from(sums, (s) => s / pixels);
  const std = Array.from(squares, (s, c) => Math.sqrt(Math.max(0, s / pixels - mean[c]! * mean[c]!)));
  return { mean: mean.map((m) => round4(m / 255)), std: std.map((s) => (s === 0 ? 1 : round4(s / 255))) };
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

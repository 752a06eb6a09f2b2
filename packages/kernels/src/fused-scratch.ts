/** How many bytes of scratch the fused convolution kernels need. The contents never outlive a call. */

/** `tmp` of `convPool`: one window and a table of offsets. */
export function convPoolScratchBytes(kH: number): number {
  return 256 + 16 * kH;
}

/** `scratch` of `winogradPool`: the transforms of four tiles, their products with 16 columns, one window. */
export function winogradScratchBytes(channels: number): number {
  return 256 * channels + 4096 + 256;
}

/** `lists` of `poolConvInputGradient`, for any number of samples. */
export function poolConvInputGradientScratchBytes(shape: {
  readonly ph: number;
  readonly pw: number;
  readonly oh: number;
  readonly ow: number;
  readonly channels: number;
  readonly rows: number;
}): number {
  const entries = shape.ph * shape.pw * shape.channels;
  // As many samples share one pass over the weights; a sample has ranges, lists, and sums of a ragged last panel.
  const samples = Math.max(1, Math.min(8, Math.floor(2048 / Math.max(1, entries))));
  return 256 + samples * (8 * shape.oh * shape.ow + 8 * (entries + 4) + 64 * shape.rows);
}

/** `lists` of `poolConvWeightGradient`: offsets of a chunk's windows (of `chunkSamples` samples, or all if fewer) and 16 lists of them. */
export function poolConvWeightGradientScratchBytes(windows: number, chunkSamples: number): number {
  const words = windows * chunkSamples + 4;
  return 256 + 192 + 64 + 4 * words + 16 * (8 * words + 64);
}

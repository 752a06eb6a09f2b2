/** Resampling of sequences and images, and moves between channels and pixels, as functions of tensors. */
import { ShapeError } from '../errors.ts';
import { type AxisMap, adaptiveAxis, identityAxis, type Resampling, resampledAxis } from '../ops/axis-map.ts';
import { mapPixelsNode } from '../ops/map-pixels.ts';
import { reshapeNode } from '../ops/shape-ops.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'area';

export interface InterpolateOptions {
  /** Of the result: one number for every axis after the channels, or one each. Either this or `scaleFactor`. */
  readonly size?: number | readonly number[] | null;
  /** Outputs per input, likewise; sizes are rounded down. */
  readonly scaleFactor?: number | readonly number[] | null;
  /** `nearest` by default; `linear` is for sequences, `bilinear` and `bicubic` for images. */
  readonly mode?: InterpolateMode;
  /** The centres of the corner elements keep their places. For the (bi)linear and bicubic modes. Default false. */
  readonly alignCorners?: boolean | null;
  readonly where?: string;
}

const kinds = {
  nearest: { resampled: 'nearest', ranks: [3, 4], corners: false },
  'nearest-exact': { resampled: 'nearestExact', ranks: [3, 4], corners: false },
  linear: { resampled: 'linear', ranks: [3], corners: true },
  bilinear: { resampled: 'linear', ranks: [4], corners: true },
  bicubic: { resampled: 'cubic', ranks: [4], corners: true },
  area: { resampled: null, ranks: [3, 4], corners: false },
} as const;

/**
 * [B, C, L] → [B, C, OL] or [B, C, H, W] → [B, C, OH, OW], resampled to a size or by a factor: by the nearest element, linearly (Keys' cubic
 * with a = −0.75 for `bicubic`) between the nearest ones, or by means (`area`).
 * @throws RangeError for options that make no sense, ShapeError for ranks that the mode is not for.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const { mode = 'nearest', alignCorners = null, where = 'interpolate' } = options;
  const kind = kinds[mode];
  if (!kind) throw new RangeError(`${where}: mode is one of ${Object.keys(kinds).join(', ')}, got ${String(mode)}`);
  if (alignCorners !== null && !kind.corners)
    throw new RangeError(`${where}: alignCorners is for the modes linear, bilinear and bicubic, not ${mode}`);
  if (!(kind.ranks as readonly number[]).includes(x.rank) || sizeOf(x.shape.slice(2)) === 0) {
    const shapes = kind.ranks.map((rank) => (rank === 3 ? '[B, C, L]' : '[B, C, H, W]'));
    throw new ShapeError(
      `${where}: mode ${mode} expects an input of shape ${shapes.join(' or ')}, not empty, got ${formatShape(x.shape)}`,
    );
  }
  const targets = targetsOf(x.shape.slice(2), options, where);
  const axes = targets.map(({ inputs, outputs, factor }): AxisMap => {
    if (kind.resampled === null) return adaptiveAxis(inputs, outputs);
    const how: Resampling = { mode: kind.resampled, alignCorners: alignCorners ?? false, factor };
    return resampledAxis(inputs, outputs, how);
  });
  const [rows, columns] = axes.length === 2 ? (axes as [AxisMap, AxisMap]) : [identityAxis(1), axes[0]!];
  const [samples, channels] = x.shape as [number, number];
  const image = reshapeNode(f32(x.node), [samples, channels, rows.inputs, columns.inputs]);
  const result = mapPixelsNode(image, { rows, columns, fill: 0 });
  return derived(reshapeNode(result, [samples, channels, ...targets.map(({ outputs }) => outputs)]), [x]);
}

interface Target {
  readonly inputs: number;
  readonly outputs: number;
  readonly factor: number | undefined;
}

function targetsOf(extents: readonly number[], options: InterpolateOptions, where: string): Target[] {
  const { size = null, scaleFactor = null } = options;
  if ((size === null) === (scaleFactor === null)) throw new RangeError(`${where}: give either size or scaleFactor`);
  const given = size ?? scaleFactor!;
  const list = typeof given === 'number' ? extents.map(() => given) : given;
  const targets = extents.map((inputs, axis) => {
    const value = list[axis]!;
    return size === null
      ? { inputs, outputs: Math.floor(inputs * value), factor: value }
      : { inputs, outputs: value, factor: undefined };
  });
  if (list.length !== extents.length || targets.some(({ outputs }) => !Number.isSafeInteger(outputs) || outputs < 1)) {
    throw new RangeError(
      `${where}: ${size === null ? 'scaleFactor' : 'size'} ${JSON.stringify(given)} gives no size of at least 1 for each of ${extents.length} axes of ${extents.join('×')}`,
    );
  }
  return targets;
}

function checkBlocks(x: Tensor, fits: boolean, expected: { what: string; where: string }): void {
  if (x.rank >= 3 && fits) return;
  throw new ShapeError(`${expected.where}: expected an input of shape ${expected.what}, got ${formatShape(x.shape)}`);
}

function checkFactor(factor: number, where: string): void {
  if (!Number.isInteger(factor) || factor < 1) throw new RangeError(`${where} must be an integer ≥ 1, got ${factor}`);
}

/** [… , C·r², H, W] → [… , C, H·r, W·r]: r² channels become a block of pixels (Shi et al. 2016). @throws RangeError, ShapeError. */
export function pixelShuffle(x: Tensor, upscaleFactor: number, options: { where?: string } = {}): Tensor {
  const { where = 'pixelShuffle' } = options;
  const r = upscaleFactor;
  checkFactor(r, `${where}: upscaleFactor`);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  checkBlocks(x, channels % (r * r) === 0, { what: `[… , C·${r * r}, H, W]`, where });
  const lead = x.shape.slice(0, -3);
  const blocks = x.reshape([sizeOf(lead), channels / (r * r), r, r, height, width]);
  return blocks.permute([0, 1, 4, 2, 5, 3]).reshape([...lead, channels / (r * r), height * r, width * r]);
}

/** [… , C, H·r, W·r] → [… , C·r², H, W]: the inverse of `pixelShuffle`. @throws RangeError, ShapeError. */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number, options: { where?: string } = {}): Tensor {
  const { where = 'pixelUnshuffle' } = options;
  const r = downscaleFactor;
  checkFactor(r, `${where}: downscaleFactor`);
  const [channels = 0, height = 0, width = 0] = x.shape.slice(-3);
  checkBlocks(x, height % r === 0 && width % r === 0, { what: `[… , C, H·${r}, W·${r}]`, where });
  const lead = x.shape.slice(0, -3);
  const blocks = x.reshape([sizeOf(lead), channels, height / r, r, width / r, r]);
  return blocks.permute([0, 1, 3, 5, 2, 4]).reshape([...lead, channels * r * r, height / r, width / r]);
}

/** [B, C, …] with channel g·k + i (k = C/groups) moved to i·groups + g (Zhang et al. 2018). @throws RangeError, ShapeError. */
export function channelShuffle(x: Tensor, groups: number, options: { where?: string } = {}): Tensor {
  const { where = 'channelShuffle' } = options;
  checkFactor(groups, `${where}: groups`);
  const channels = x.shape[1] ?? 0;
  checkBlocks(x, channels % groups === 0, { what: `[B, C·${groups}, …]`, where });
  const blocks = x.reshape([x.shape[0]!, groups, channels / groups, sizeOf(x.shape.slice(2))]);
  return blocks.permute([0, 2, 1, 3]).reshape(x.shape);
}

/** A sprite holds many images in one picture, each pixel row being one image: interleaved pixels → planar images. */
import { DataError } from '../data-error.ts';
import type { Pixels } from './png.ts';

export interface SpriteOptions {
  readonly where: string;
  /** Of each image; C may leave out the sprite's alpha. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** [N, C, H, W], where the images go. */
  readonly images: Uint8Array;
  readonly firstImage: number;
  /** How many of the rows to take; default all. */
  readonly rows?: number;
}

/** sprite: [R, H·W, channels] → `rows` images [C, H, W] in `images`; a DataError if the sprite does not hold them. */
export function spriteToPlanar(sprite: Pixels, options: SpriteOptions): void {
  const { shape, images, firstImage, rows = sprite.height } = options;
  requireFit(sprite, { ...options, rows });
  const [channels, height, width] = shape;
  const plane = height * width;
  for (let r = 0; r < rows; r++) {
    const source = r * plane * sprite.channels;
    const target = (firstImage + r) * channels * plane;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < plane; i++) {
        images[target + c * plane + i] = sprite.data[source + i * sprite.channels + c]!;
      }
    }
  }
}

function requireFit(sprite: Pixels, { where, shape, rows }: SpriteOptions & { rows: number }): void {
  const [channels, height, width] = shape;
  const pixels = height * width;
  if (sprite.width === pixels && sprite.height >= rows && sprite.channels >= channels) return;
  throw new DataError({
    where,
    expected: `${rows} rows of ${pixels} pixels with ${channels} channels, a row an image [${shape.join(', ')}]`,
    got: `${sprite.height} rows of ${sprite.width} pixels with ${sprite.channels} channels`,
    hint: 'Check that this is the right sprite.',
  });
}

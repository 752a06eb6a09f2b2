/** The check that functions of images share. */
import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** @throws ShapeError unless x is [B, C, H, W] with at least one pixel. */
export function checkImages(x: Tensor, where: string): void {
  if (x.rank === 4 && sizeOf(x.shape.slice(2)) > 0) return;
  throw new ShapeError(
    `${where}: expected an input of shape [B, C, H, W] or [C, H, W] with at least one pixel, got ${formatShape(x.shape)}`,
  );
}

/** DropBlock as a function of tensors. */
import { ShapeError } from '../../errors.ts';
import { makeNode } from '../../graph/node.ts';
import { binaryNode } from '../../ops/elementwise.ts';
import { bernoulliNode } from '../../ops/noise.ts';
import { maxPool2d } from '../../ops/pool2d.ts';
import { fullNode } from '../../ops/source.ts';
import { formatShape } from '../../tensor/shape.ts';
import { f32, Tensor } from '../../tensor/tensor.ts';
import { checkProbability, type DropoutOptions, drawSite, rateOf } from './draw.ts';

export interface DropBlockOptions extends DropoutOptions {
  /** Side of the squares that are dropped, in pixels, at least 1 and at most the height and the width. */
  readonly blockSize: number;
  /** Added to the number of kept elements that the result is divided by, > 0. Default 1e-6. */
  readonly eps?: number;
}

/**
 * DropBlock (Ghiasi, Lin & Le 2018) of x [B, C, H, W] or [C, H, W] (one sample), torchvision's `drop_block2d`: each place where a block of
 * k×k pixels fits becomes the corner of a dropped block with probability
 * γ = p·H·W / (k²·(H − k + 1)·(W − k + 1)), for each sample and channel on its own; then y = x · kept · N/(eps + Σ kept), with N elements and
 * Σ over the whole batch whatever its shards. Blocks overlap, so somewhat less than a share p is dropped. Even k are allowed.
 * The input itself when p = 0 or not training. Default p 0.5.
 * @throws RangeError for p outside of [0, 1], a block size that is not an integer ≥ 1, eps ≤ 0; ShapeError for other shapes and for images
 * smaller than a block.
 */
export function dropBlock2d(x: Tensor, options: DropBlockOptions): Tensor {
  const { p = 0.5, blockSize, eps = 1e-6 } = options;
  checkProbability(p, 'dropBlock2d');
  checkBlocks({ blockSize, eps }, 'dropBlock2d');
  if (x.rank === 3) {
    const sample = x.unsqueeze(0);
    const y = dropBlock2d(sample, options);
    return y === sample ? x : y.reshape(x.shape);
  }
  const [height, width] = checkImages(x, blockSize);
  const draw = drawSite(options, 'dropBlock2d');
  if (!draw || p === 0) return x;
  const [rows, columns] = [height - blockSize + 1, width - blockSize + 1];
  const gamma = (p * height * width) / (blockSize * blockSize * rows * columns);
  const shape = [x.shape[0]!, x.shape[1]!, rows, columns];
  const seeds = bernoulliNode(shape, { ...draw, rate: rateOf('bernoulli', Math.min(1, gamma), options) });
  return withoutBlocks(x, { seeds: new Tensor(seeds), blockSize, eps });
}

/** x without the blocks whose upper left corners are the ones of `seeds` [B, C, H − k + 1, W − k + 1], normalised. */
export function withoutBlocks(x: Tensor, blocks: { seeds: Tensor; blockSize: number; eps: number }): Tensor {
  const { seeds, blockSize: k, eps } = blocks;
  // A maximum over squares, as one over columns of one over rows. Padding, which never wins, makes the seeds' k − 1 missing pixels up.
  const common = { stride: [1, 1], dilation: [1, 1], ceilMode: false, where: 'dropBlock2d' } as const;
  const down = makeNode(maxPool2d, [f32(seeds.node)], { ...common, kernel: [k, 1], padding: [k - 1, 0] });
  const dropped = makeNode(maxPool2d, [down], { ...common, kernel: [1, k], padding: [0, k - 1] });
  const kept = new Tensor(binaryNode('rsub', dropped, fullNode([], 1)));
  // Whole numbers: exact for each sample, and added over the batch in f64.
  const count = kept.sum([1, 2, 3]).sum().add(eps);
  return x.mul(kept).mul(new Tensor(binaryNode('rdiv', count.node, fullNode([], x.size))));
}

/** RangeError unless the block size is an integer ≥ 1 and eps is above 0. */
export function checkBlocks({ blockSize, eps }: { blockSize: number; eps: number }, where: string): void {
  if (!Number.isSafeInteger(blockSize) || blockSize < 1)
    throw new RangeError(`${where}: blockSize must be an integer ≥ 1, got ${blockSize}`);
  if (!(eps > 0)) throw new RangeError(`${where}: eps must be a number > 0, got ${eps}`);
}

function checkImages(x: Tensor, blockSize: number): [height: number, width: number] {
  if (x.rank !== 4) {
    throw new ShapeError(
      `dropBlock2d: expected an input of shape [B, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`,
    );
  }
  const [, , height, width] = x.shape as [number, number, number, number];
  if (blockSize > height || blockSize > width) {
    throw new ShapeError(
      `dropBlock2d: blocks of ${blockSize}×${blockSize} do not fit images of ${height}×${width} pixels; use smaller blocks`,
    );
  }
  return [height, width];
}

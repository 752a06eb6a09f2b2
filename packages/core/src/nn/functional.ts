/** The layers as functions of tensors (`F.relu(x)`): what the modules call, and what a user calls without one. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import { type Reduction, reduced } from '../losses/reduction.ts';
import { conv2d as conv2dOp, type Pair } from '../ops/conv2d.ts';
import { avgPool2d as avgPoolOp, maxPool2d as maxPoolOp } from '../ops/pool2d.ts';
import { rowsProduct } from '../ops/rows-product.ts';
import { arange } from '../tensor/create.ts';
import { formatShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export { type KlDivReduction, klDiv } from '../losses/kl-div.ts';
export { multiSampleLoss } from '../losses/multi-sample.ts';
export { rDropLoss } from '../losses/r-drop.ts';
export { type Reduction, reduced } from '../losses/reduction.ts';
export { type BatchNormOptions, batchNorm, type RunningStatistics } from './batch-norm-function.ts';
export { type ConcreteDropoutOptions, concreteDropout } from './dropout/concrete-function.ts';
export { checkProbability, type DropoutOptions } from './dropout/draw.ts';
export { type DropBlockOptions, dropBlock2d } from './dropout/drop-block-function.ts';
export { dropConnect, dropout } from './dropout/functions.ts';
export {
  alphaDropout,
  type DropPathOptions,
  dropout1d,
  dropout2d,
  dropout3d,
  dropPath,
  featureAlphaDropout,
  gaussianDropout,
  lockedDropout,
} from './dropout/group-functions.ts';

export type Size = number | Pair;

/** One number for both axes, or [height, width]. */
export function pair(value: Size): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

export function checkPair(value: Size, least: number, where: string): Pair {
  const result = pair(value);
  if (result.length !== 2 || result.some((part) => !Number.isInteger(part) || part < least)) {
    throw new RangeError(`${where} must be an integer ≥ ${least} or two of them, got ${JSON.stringify(value)}`);
  }
  return result;
}

export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** λx for x > 0, else λα(e^x − 1), λ = 1.0507009873554805, α = 1.6732632423543772 (Klambauer et al. 2017), elementwise. */
export function selu(x: Tensor): Tensor {
  return x.selu();
}

/** x [… , I] · weightᵀ + bias: weight [O, I], bias [O] → [… , O]. */
export function linear(x: Tensor, weight: Tensor, options: { bias?: Tensor | null; where?: string } = {}): Tensor {
  const where = options.where ?? 'linear';
  const input = x.rank === 1 ? x.unsqueeze(0) : x;
  const tensors = [input, weight, ...(options.bias ? [options.bias] : [])];
  const nodes = tensors.map((tensor) => f32(tensor.node));
  const result = derived(makeNode(rowsProduct, nodes, { transposed: true, where }), tensors);
  return x.rank === 1 ? result.reshape([result.shape[1]!]) : result;
}

/** The numbers of classes [… ] as rows of `numClasses` zeros with a 1 at each number: [… , numClasses], f32. Numbers beyond give zeros. */
export function oneHot(index: Tensor<'i32'>, numClasses: number): Tensor {
  if (index.dtype !== 'i32') throw new TypeError(`oneHot: expected numbers of dtype i32, got ${String(index.dtype)}`);
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new RangeError(`oneHot: numClasses must be an integer ≥ 1, got ${numClasses}`);
  return index.unsqueeze(-1).eq(arange({ end: numClasses }));
}

export interface Conv2dOptions {
  readonly bias?: Tensor | null;
  readonly stride?: Size;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly groups?: number;
  readonly where?: string;
}

/** x [B, C, H, W] or [C, H, W], weight [O, C/groups, kH, kW], bias [O] → [B, O, OH, OW] or [O, OH, OW]. Cross-correlation, as PyTorch's. */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  const where = options.where ?? 'conv2d';
  const attrs = {
    stride: checkPair(options.stride ?? 1, 1, `${where}: stride`),
    padding: checkPair(options.padding ?? 0, 0, `${where}: padding`),
    dilation: checkPair(options.dilation ?? 1, 1, `${where}: dilation`),
    groups: options.groups ?? 1,
    where,
  };
  return onBatches(x, (input) => {
    const tensors = [input, weight, ...(options.bias ? [options.bias] : [])];
    return derived(
      makeNode(
        conv2dOp,
        tensors.map((tensor) => f32(tensor.node)),
        attrs,
      ),
      tensors,
    );
  });
}

export interface PoolOptions {
  readonly kernelSize: Size;
  /** Default: the kernel size. */
  readonly stride?: Size;
  readonly padding?: Size;
  readonly ceilMode?: boolean;
  readonly where?: string;
}

function poolAttrs(name: string, options: PoolOptions & { dilation?: Size }) {
  const where = options.where ?? name;
  const kernel = checkPair(options.kernelSize, 1, `${where}: kernelSize`);
  const padding = checkPair(options.padding ?? 0, 0, `${where}: padding`);
  if (padding.some((pad, axis) => pad > kernel[axis]! / 2)) {
    throw new RangeError(
      `${where}: padding must be at most half the kernel size, got ${padding.join('×')} for ${kernel.join('×')}`,
    );
  }
  return {
    kernel,
    padding,
    stride: checkPair(options.stride ?? options.kernelSize, 1, `${where}: stride`),
    dilation: checkPair(options.dilation ?? 1, 1, `${where}: dilation`),
    ceilMode: options.ceilMode ?? false,
    where,
  };
}

/** The maximum of each window; the first of equal ones gets the gradient. */
export function maxPool2d(x: Tensor, options: PoolOptions & { dilation?: Size }): Tensor {
  const attrs = poolAttrs('maxPool2d', options);
  return onBatches(x, (input) => derived(makeNode(maxPoolOp, [f32(input.node)], attrs), [input]));
}

/** The mean of each window; padding counts unless `countIncludePad` is false. */
export function avgPool2d(x: Tensor, options: PoolOptions & { countIncludePad?: boolean }): Tensor {
  const attrs = { ...poolAttrs('avgPool2d', options), countIncludePad: options.countIncludePad ?? true };
  return onBatches(x, (input) => derived(makeNode(avgPoolOp, [f32(input.node)], attrs), [input]));
}

/** Images without a batch axis are a batch of one. */
function onBatches(x: Tensor, apply: (input: Tensor) => Tensor): Tensor {
  if (x.rank !== 3) return apply(x);
  const result = apply(x.unsqueeze(0));
  return result.reshape(result.shape.slice(1));
}

/** Mean squared error; `none` keeps every element. Shapes must agree. */
export function mseLoss(x: Tensor, target: Tensor, options: { reduction?: Reduction } = {}): Tensor {
  if (x.shape.join() !== target.shape.join()) {
    throw new ShapeError(
      `mseLoss: input ${formatShape(x.shape)} and target ${formatShape(target.shape)} must have one shape`,
    );
  }
  return reduced(x.sub(target).square(), options.reduction);
}

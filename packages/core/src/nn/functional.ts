/** The layers as functions of tensors (`F.relu(x)`): what the modules call, and what a user calls without one. */
import { ShapeError } from '../errors.ts';
import { randomContext } from '../graph/context.ts';
import { makeNode } from '../graph/node.ts';
import { conv2d as conv2dOp, type Pair } from '../ops/conv2d.ts';
import { type DropoutAttrs, dropoutNode, type RandomScope } from '../ops/dropout.ts';
import { dropThreshold, type RateKind } from '../ops/dropout-rate.ts';
import { rowsProduct } from '../ops/matmul.ts';
import { avgPool2d as avgPoolOp, maxPool2d as maxPoolOp } from '../ops/pool2d.ts';
import type { Seed } from '../random/streams.ts';
import { formatShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import type { DropoutSchedule } from './dropout/schedule.ts';

export {
  elu,
  gelu,
  glu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  mish,
  prelu,
  relu,
  relu6,
  sigmoid,
  silu,
  softmax,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './activations/functions.ts';
export type {
  ELUOptions,
  GELUOptions,
  HardtanhOptions,
  LeakyReLUOptions,
  ShrinkOptions,
  SoftplusOptions,
} from './activations/options.ts';
export { type BatchNormOptions, batchNorm, type RunningStatistics } from './batch-norm-function.ts';

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

/** x [… , I] · weightᵀ + bias: weight [O, I], bias [O] → [… , O]. */
export function linear(x: Tensor, weight: Tensor, options: { bias?: Tensor | null; where?: string } = {}): Tensor {
  const where = options.where ?? 'linear';
  const input = x.rank === 1 ? x.unsqueeze(0) : x;
  const tensors = [input, weight, ...(options.bias ? [options.bias] : [])];
  const nodes = tensors.map((tensor) => f32(tensor.node));
  const result = derived(makeNode(rowsProduct, nodes, { transposed: true, where }), tensors);
  return x.rank === 1 ? result.reshape([result.shape[1]!]) : result;
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

export interface DropoutOptions {
  /** Probability to drop, in [0, 1]. Default 0.5. */
  readonly p?: number;
  /** Off = the identity. Default true, as PyTorch's functional form. */
  readonly training?: boolean;
  readonly scope?: RandomScope;
  /** The root seed. Default: `manualSeed`'s, or the run's. */
  readonly seed?: Seed;
  /** p as a function of the training step. Default: the run's, or none. Outside of training runs p itself is used. */
  readonly schedule?: DropoutSchedule;
}

/** RangeError that quotes p unless 0 ≤ p ≤ 1. */
export function checkProbability(p: number, where: string): void {
  if (typeof p !== 'number' || !(p >= 0 && p <= 1)) {
    throw new RangeError(`${where}: p is the probability to drop and must be in [0, 1], got ${String(p)}`);
  }
}

/**
 * Inverted dropout: zero with probability p, scale what stays by 1/(1 − p). The input itself when p = 0 or not training. Every call is a
 * call site of its own, numbered in order; inside a training program each step draws anew.
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const draw = dropoutDraw('inverted', options, 'dropout');
  return draw ? derived(dropoutNode(f32(x.node), draw), [x]) : x;
}

/**
 * What a call of any member of the family draws by: checks the options, counts the call as a site and finds its rate. Undefined where
 * the call is the identity: in evaluation, and for p = 0.
 */
export function dropoutDraw(kind: RateKind, options: DropoutOptions, where: string): DropoutAttrs | undefined {
  const { p = 0.5, training = true, scope = 'sample' } = options;
  checkProbability(p, where);
  if (scope !== 'sample' && scope !== 'worker')
    throw new RangeError(`${where}: scope is 'sample' or 'worker', got ${String(scope)}`);
  const context = randomContext();
  // The call is counted whatever p is, so that another p does not move the masks of later calls.
  const site = training ? context.dropoutCalls++ : 0;
  if (!training || dropThreshold(p) === 0) return undefined;
  const schedule = options.schedule ?? context.schedule;
  const at = schedule && context.rates?.addressOf({ kind, p, schedule });
  return { rate: { kind, p, at }, seed: options.seed ?? context.seed, site, scope };
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

export type Reduction = 'mean' | 'sum' | 'none';

export function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}

/** Members of the dropout family that decide on groups of elements, or correct or multiply them, as functions of tensors. */
import { ShapeError } from '../../errors.ts';
import { makeNode } from '../../graph/node.ts';
import { type DropoutGroup, dropoutGroups } from '../../ops/dropout-groups.ts';
import { gaussianDropout as gaussianOp } from '../../ops/gaussian-dropout.ts';
import { formatShape } from '../../tensor/shape.ts';
import { derived, f32, type Tensor } from '../../tensor/tensor.ts';
import { type DropoutOptions, drawSite, dropoutDraw, rateOf } from './draw.ts';

/**
 * Drops whole channels of x [N, C, L] or [C, L] (one sample) with probability p and scales the others by 1/(1 − p) (Tompson et al. 2015).
 * The input itself when p = 0 or not training. PyTorch's `F.dropout1d`. @throws ShapeError for other ranks.
 */
export function dropout1d(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkRank(x, [2, 3], 'dropout1d: expected an input of shape [N, C, L] or [C, L]');
  return channels(x, 3, { options, where: 'dropout1d' });
}

/**
 * Drops whole channels of x [N, C, H, W] with probability p and scales the others by 1/(1 − p) (Tompson et al. 2015). The input itself when
 * p = 0 or not training. PyTorch's `F.dropout2d`; as there, an input of rank 3 is read as [N, C, L], not as [C, H, W], with one warning.
 * @throws ShapeError for other ranks.
 */
export function dropout2d(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkRank(x, [3, 4], 'dropout2d: expected an input of shape [N, C, H, W] (or [N, C, L])');
  if (x.rank === 3 && !warnedOfRank3) {
    warnedOfRank3 = true;
    console.warn(
      'dropout2d: an input of rank 3 is read as [N, C, L], as PyTorch does, not as an image [C, H, W]; use dropout1d for sequences, unsqueeze(0) for one image',
    );
  }
  return channels(x, x.rank, { options, where: 'dropout2d' });
}

let warnedOfRank3 = false;

/**
 * Drops whole channels of x [N, C, D, H, W] or [C, D, H, W] (one sample) with probability p and scales the others by 1/(1 − p) (Tompson et al.
 * 2015). The input itself when p = 0 or not training. PyTorch's `F.dropout3d`. @throws ShapeError for other ranks.
 */
export function dropout3d(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkRank(x, [4, 5], 'dropout3d: expected an input of shape [N, C, D, H, W] or [C, D, H, W]');
  return channels(x, 5, { options, where: 'dropout3d' });
}

/**
 * Alpha dropout (Klambauer et al. 2017), for SELU networks, x of any shape: with a = ((α′²p + 1)(1 − p))^(−½) and α′ = λα = 1.7580993408473766
 * kept elements become a·x + a·α′·p, dropped ones a·α′·(p − 1), so that inputs of mean 0 and variance 1 keep both. Zeros when p = 1, the input
 * itself when p = 0 or not training. PyTorch's `F.alpha_dropout`: `training` is false unless it is given.
 */
export function alphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  return grouped(x, {
    group: 'element',
    kind: 'alpha',
    options: { training: false, ...options },
    where: 'alphaDropout',
  });
}

/**
 * Alpha dropout of whole channels of x [N, C, …]; see `alphaDropout` for the formula. PyTorch's `F.feature_alpha_dropout`: `training` is false
 * unless it is given, and axis 0 is the batch whatever the rank. @throws ShapeError below rank 2.
 */
export function featureAlphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const where = 'featureAlphaDropout';
  if (x.rank < 2) throw new ShapeError(`${where}: expected an input of shape [N, C, …], got ${formatShape(x.shape)}`);
  return grouped(x, { group: 'channel', kind: 'alpha', options: { training: false, ...options }, where });
}

/**
 * Gaussian dropout (Srivastava et al. 2014, § 10), x of any shape: each element times a normal number of mean 1 and standard deviation
 * √(p/(1 − p)), the mean and variance of an inverted dropout mask. The input itself when p = 0 or not training. Keras' `GaussianDropout`.
 * @throws RangeError if p is not in [0, 1).
 */
export function gaussianDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const { p = 0.5 } = options;
  checkNoise(p, 'gaussianDropout');
  const draw = drawSite(options, 'gaussianDropout');
  if (!draw || p === 0) return x;
  return derived(makeNode(gaussianOp, [f32(x.node)], { ...draw, rate: rateOf('gaussian', p, options) }), [x]);
}

/** RangeError that quotes p unless 0 ≤ p < 1. */
export function checkNoise(p: number, where: string): void {
  if (typeof p !== 'number' || !(p >= 0 && p < 1)) {
    throw new RangeError(
      `${where}: p gives the standard deviation √(p/(1 − p)) of the noise and must be in [0, 1), got ${String(p)}`,
    );
  }
}

/**
 * Drops features of sequences x [B, T, F] with one mask for all T steps of a sample and scales the others by 1/(1 − p) (variational dropout of
 * recurrent networks, Gal & Ghahramani 2016; locked dropout, Merity et al. 2018). The input itself when p = 0 or not training.
 * @throws ShapeError for other ranks.
 */
export function lockedDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkRank(x, [3], 'lockedDropout: expected an input of shape [B, T, F]');
  return grouped(x, { group: 'feature', kind: 'inverted', options, where: 'lockedDropout' });
}

export interface DropPathOptions extends DropoutOptions {
  /** Probability to drop a sample, in [0, 1]. Default 0. */
  readonly p?: number;
  /** Whether kept samples are scaled by 1/(1 − p). Default true. */
  readonly scaleByKeep?: boolean;
}

/**
 * Stochastic depth (Huang et al. 2016), timm's `drop_path`: drops whole samples of x [B, …] with probability p and scales the others by
 * 1/(1 − p). For the residual branch of a block: `x.add(F.dropPath(branch, { p }))`. The input itself when p = 0 or not training.
 * @throws ShapeError for rank 0.
 */
export function dropPath(x: Tensor, options: DropPathOptions = {}): Tensor {
  if (x.rank === 0) throw new ShapeError('dropPath: expected an input of shape [B, …], got []');
  const { p = 0, scaleByKeep = true, ...rest } = options;
  const kind = scaleByKeep ? 'inverted' : 'unscaled';
  return grouped(x, { group: 'sample', kind, options: { ...rest, p }, where: 'dropPath' });
}

interface Grouping {
  readonly group: DropoutGroup;
  readonly kind: 'inverted' | 'unscaled' | 'alpha';
  readonly options: DropoutOptions;
  readonly where: string;
}

function grouped(x: Tensor, { group, kind, options, where }: Grouping): Tensor {
  const draw = dropoutDraw(kind, options, where);
  if (!draw) return x;
  return derived(makeNode(dropoutGroups, [f32(x.node)], { ...draw, group, corrected: kind === 'alpha' }), [x]);
}

/** Inverted dropout of channels; an input of one rank less than `batched` is one sample. */
function channels(x: Tensor, batched: number, call: Pick<Grouping, 'options' | 'where'>): Tensor {
  if (x.rank === batched) return grouped(x, { group: 'channel', kind: 'inverted', ...call });
  const sample = x.unsqueeze(0);
  const result = channels(sample, batched, call);
  return result === sample ? x : result.reshape(x.shape);
}

function checkRank(x: Tensor, ranks: readonly number[], expected: string): void {
  if (!ranks.includes(x.rank)) throw new ShapeError(`${expected}, got ${formatShape(x.shape)}`);
}

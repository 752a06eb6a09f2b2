/** Activations as functions of tensors (`F.gelu(x)`): elementwise on any shape unless stated, names and defaults as PyTorch's. */
import { ShapeError } from '../../errors.ts';
import { type ActivationName, activationNode } from '../../ops/activation.ts';
import { preluNode } from '../../ops/prelu.ts';
import { formatShape, normalizeAxis } from '../../tensor/shape.ts';
import { derived, f32, type Tensor } from '../../tensor/tensor.ts';
import {
  checkApproximate,
  checkFinite,
  checkHardtanh,
  checkLambd,
  checkSoftplus,
  type ELUOptions,
  type GELUOptions,
  type HardtanhOptions,
  type LeakyReLUOptions,
  type ShrinkOptions,
  type SoftplusOptions,
} from './options.ts';

function activate(name: ActivationName, x: Tensor, a = 0, b = 0): Tensor {
  return derived(activationNode(name, f32(x.node), { a, b }), [x]);
}

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/** min(max(x, 0), 6) (Krizhevsky 2010); the gradient at 0 and 6 is 0. */
export function relu6(x: Tensor): Tensor {
  return activate('hardtanh', x, 0, 6);
}

/** x for x > 0, else negativeSlope · x (Maas et al. 2013). @throws RangeError for a slope that is not finite. */
export function leakyRelu(x: Tensor, { negativeSlope = 0.01 }: LeakyReLUOptions = {}): Tensor {
  return activate('leakyRelu', x, checkFinite(negativeSlope, 'leakyRelu: negativeSlope'));
}

/**
 * x for x > 0, else weight · x, with a learned weight (He et al. 2015): x [B, C, …] and weight [C], or x of any shape and weight [1].
 * @throws ShapeError if the weight has neither 1 nor C elements.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const channels = x.rank > 1 ? x.shape[1] : 1;
  if (weight.rank !== 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(
      `prelu: expected a weight of shape [1] or [${channels}] for an input of shape ${formatShape(x.shape)}, got ${formatShape(weight.shape)}`,
    );
  }
  if (x.rank === 0) return prelu(x.reshape([1]), weight).reshape([]);
  return derived(preluNode(f32(x.node), f32(weight.node)), [x, weight]);
}

/** x for x > 0, else alpha · (e^x − 1) (Clevert et al. 2016), without loss of digits near 0. */
export function elu(x: Tensor, { alpha = 1 }: ELUOptions = {}): Tensor {
  return activate('elu', x, checkFinite(alpha, 'elu: alpha'));
}

/** λx for x > 0, else λα(e^x − 1), λ = 1.0507009873554805, α = 1.6732632423543772 (Klambauer et al. 2017), elementwise. */
export function selu(x: Tensor): Tensor {
  return x.selu();
}

/**
 * x · Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016): exactly, also where Φ is tiny; or with `approximate: 'tanh'`
 * ½x · (1 + tanh(√(2/π) · (x + 0.044715x³))).
 */
export function gelu(x: Tensor, { approximate = 'none' }: GELUOptions = {}): Tensor {
  return activate(checkApproximate(approximate, 'gelu') === 'tanh' ? 'geluTanh' : 'gelu', x);
}

/** x · σ(x) (Elfwing et al. 2017; Ramachandran et al. 2017: swish). */
export function silu(x: Tensor): Tensor {
  return activate('silu', x);
}

/** x · tanh(log(1 + e^x)) (Misra 2019). */
export function mish(x: Tensor): Tensor {
  return activate('mish', x);
}

/** x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019). The gradient is x/3 + ½ from −3 to 3, ends included, as in PyTorch 1. */
export function hardswish(x: Tensor): Tensor {
  return activate('hardswish', x);
}

/** min(max(x + 3, 0), 6) / 6 (Howard et al. 2019); the gradient at ±3 is 0. */
export function hardsigmoid(x: Tensor): Tensor {
  return activate('hardsigmoid', x);
}

/** min(max(x, minVal), maxVal); the gradient at the bounds is 0. @throws RangeError unless maxVal > minVal. */
export function hardtanh(x: Tensor, options: HardtanhOptions = {}): Tensor {
  const { minVal, maxVal } = checkHardtanh(options, 'hardtanh');
  return activate('hardtanh', x, minVal, maxVal);
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: Tensor): Tensor {
  return x.sigmoid();
}

export function tanh(x: Tensor): Tensor {
  return x.tanh();
}

/** log(1 + e^(beta·x)) / beta, and x where beta·x > threshold. @throws RangeError for a beta of 0. */
export function softplus(x: Tensor, options: SoftplusOptions = {}): Tensor {
  const { beta, threshold } = checkSoftplus(options, 'softplus');
  return activate('softplus', x, beta, threshold);
}

/** x / (1 + |x|). */
export function softsign(x: Tensor): Tensor {
  return activate('softsign', x);
}

/** log σ(x) = −log(1 + e^−x), without overflow. */
export function logsigmoid(x: Tensor): Tensor {
  return activate('logsigmoid', x);
}

/** e^x / Σ e^x along `dim`, of any rank. @throws RangeError for an axis that does not exist. */
export function softmax(x: Tensor, dim: number): Tensor {
  return x.softmax(dim);
}

/** log softmax along `dim`, of any rank. @throws RangeError for an axis that does not exist. */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  return x.logSoftmax(dim);
}

/** a · σ(b) with the halves a and b of x along `dim` (Dauphin et al. 2017): that axis of 2n becomes n. @throws ShapeError for an odd axis. */
export function glu(x: Tensor, { dim = -1 }: { dim?: number } = {}): Tensor {
  const axis = normalizeAxis(dim, x.rank, 'glu');
  const extent = x.shape[axis]!;
  if (extent % 2 !== 0) {
    throw new ShapeError(`glu: axis ${axis} must be even to be halved, got shape ${formatShape(x.shape)}`);
  }
  const half = (start: number) =>
    x.slice(x.shape.map((_, i) => (i === axis ? { start, end: start + extent / 2 } : null)));
  return half(0).mul(half(extent / 2).sigmoid());
}

/** x where x > threshold, else value; the gradient is 0 there. */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  return activate('threshold', x, checkFinite(limit, 'threshold: threshold'), checkFinite(value, 'threshold: value'));
}

/** x − tanh(x), without loss of digits near 0. */
export function tanhshrink(x: Tensor): Tensor {
  return activate('tanhshrink', x);
}

/** x moved by lambd towards 0, and 0 where |x| ≤ lambd. @throws RangeError for lambd < 0. */
export function softshrink(x: Tensor, { lambd = 0.5 }: ShrinkOptions = {}): Tensor {
  return activate('softshrink', x, checkLambd(lambd, 'softshrink'));
}

/** x, and 0 where |x| ≤ lambd. @throws RangeError for lambd < 0. */
export function hardshrink(x: Tensor, { lambd = 0.5 }: ShrinkOptions = {}): Tensor {
  return activate('hardshrink', x, checkLambd(lambd, 'hardshrink'));
}

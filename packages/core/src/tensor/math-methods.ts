/** Functions of elements beyond arithmetic: powers, elementary functions, rounding, limits. */
import { f32 } from '../ops/cast.ts';
import { clampNode, clampToNode, lerpNode } from '../ops/clamp.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { fullNode } from '../ops/source.ts';
import type { DType } from './dtype.ts';
import { ElementwiseMethods, type Operand, operandNode, tensorsOf } from './elementwise-methods.ts';
import type { Tensor } from './tensor.ts';
import type { TensorBase } from './tensor-base.ts';

export interface ClampLimits {
  /** Smallest value; left out: none. */
  readonly min?: Operand;
  /** Largest value; left out: none. Wins where it lies below `min`. */
  readonly max?: Operand;
}

export abstract class MathMethods<D extends DType = 'f32'> extends ElementwiseMethods<D> {
  /**
   * this^exponent by the rules of C's pow: x⁰ = 1, a negative base needs whole exponents, else NaN. Within 0.51 ulp; squares are exact
   * products. The gradient to the exponent is 0 where the base is 0.
   */
  pow(exponent: Operand): Tensor {
    return exponent === 2 ? this.unary('square') : this.binary('pow', exponent);
  }
  /** 1 ÷ √x, within 1.5 ulp. */
  rsqrt(): Tensor {
    return this.unary('rsqrt');
  }
  /** e^x − 1, exact near 0 too; within 0.51 ulp. */
  expm1(): Tensor {
    return this.unary('expm1');
  }
  /** ln(1 + x), exact near 0 too; within 0.51 ulp. */
  log1p(): Tensor {
    return this.unary('log1p');
  }
  /** Binary logarithm, within 0.51 ulp. */
  log2(): Tensor {
    return this.unary('log2');
  }
  /** Within 0.51 ulp for every float, however large. */
  sin(): Tensor {
    return this.unary('sin');
  }
  /** Within 0.51 ulp for every float, however large. */
  cos(): Tensor {
    return this.unary('cos');
  }
  /** The error function 2/√π ∫₀ˣ e^(−t²) dt, within 0.51 ulp. */
  erf(): Tensor {
    return this.unary('erf');
  }
  /** −1, 0 or 1; 0 for NaN. */
  sign(): Tensor {
    return this.unary('sign');
  }
  floor(): Tensor {
    return this.unary('floor');
  }
  ceil(): Tensor {
    return this.unary('ceil');
  }
  /** The nearest whole number, halves to the even neighbour. */
  round(): Tensor {
    return this.unary('round');
  }
  /** The whole number next to it towards zero. */
  trunc(): Tensor {
    return this.unary('trunc');
  }
  /** The rest of a division, with the sign of this (C's fmod); exact. */
  fmod(divisor: Operand): Tensor {
    return this.binary('fmod', divisor);
  }
  /** The rest of a division, with the sign of the divisor (Python's %). */
  remainder(divisor: Operand): Tensor {
    return this.binary('remainder', divisor);
  }
  /** min(max(x, limits.min), limits.max); NaN stays. The gradient passes within the limits and at them. RangeError without any limit. */
  clamp(limits: ClampLimits): Tensor {
    const { min, max } = limits;
    if (min === undefined && max === undefined) throw new RangeError('clamp: expected min, max or both');
    const x = f32(this.node);
    const numbers = [min, max].every((limit) => limit === undefined || typeof limit === 'number');
    if (numbers) return this.derive(clampNode(x, { min: min as number | undefined, max: max as number | undefined }));
    const given = [min, max].filter((limit) => limit !== undefined);
    const [low, high] = [min, max].map((limit) => (limit === undefined ? undefined : operandNode(limit)));
    return this.derive(clampToNode(x, low, high), ...tensorsOf(given));
  }
  /** this + weight · (end − this). */
  lerp(end: TensorBase<DType>, weight: Operand): Tensor {
    const node = lerpNode(f32(this.node), f32(end.node), operandNode(weight));
    return this.derive(node, end, ...tensorsOf([weight]));
  }
  /** this + value · a · b. */
  addcmul(a: TensorBase<DType>, b: TensorBase<DType>, options: { value?: number } = {}): Tensor {
    const product = binaryNode('mul', f32(a.node), f32(b.node));
    const scaled = binaryNode('mul', product, fullNode([], options.value ?? 1));
    return this.derive(binaryNode('add', f32(this.node), scaled), a, b);
  }
}

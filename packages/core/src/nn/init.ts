/** PyTorch's default initialisation of linear and convolutional layers. */
import { rand } from '../tensor/create.ts';
import type { Shape } from '../tensor/shape.ts';
import { Parameter } from './parameter.ts';

/**
 * Uniform in ±1/√fanIn: `kaiming_uniform_(a = √5)` for weights (gain √(2/(1 + 5)) = 1/√3, bound √3·gain/√fanIn) and the bound PyTorch uses
 * for biases are both that number.
 */
export function fanInUniform(shape: Shape, fanIn: number): Parameter {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  return new Parameter(rand(shape, { low: -bound, high: bound }));
}

/** Uniform in ±√(6/(fanIn + fanOut)) (Glorot & Bengio 2010) for a matrix [fanOut, fanIn]. */
export function xavierUniform(shape: readonly [fanOut: number, fanIn: number]): Parameter {
  const bound = Math.sqrt(6 / (shape[0] + shape[1]));
  return new Parameter(rand(shape, { low: -bound, high: bound }));
}

/** Options of the activations, under PyTorch's names, and their checks. */

export interface LeakyReLUOptions {
  /** Slope below 0. Default 0.01. */
  readonly negativeSlope?: number;
}

export interface ELUOptions {
  /** −alpha is the limit towards −∞. Default 1. */
  readonly alpha?: number;
}

export interface GELUOptions {
  /** `none`: by the error function; `tanh`: by its approximation with tanh. Default `none`. */
  readonly approximate?: 'none' | 'tanh';
}

export interface SoftplusOptions {
  /** Sharpness, not 0. Default 1. */
  readonly beta?: number;
  /** Where beta·x is above it the result is x. Default 20. */
  readonly threshold?: number;
}

export interface HardtanhOptions {
  /** Default −1. */
  readonly minVal?: number;
  /** Above minVal. Default 1. */
  readonly maxVal?: number;
}

export interface ShrinkOptions {
  /** Half the width of the interval that becomes 0, ≥ 0. Default 0.5. */
  readonly lambd?: number;
}

/** The number, or a RangeError if it is not finite. */
export function checkFinite(value: number, where: string): number {
  if (!Number.isFinite(value)) throw new RangeError(`${where} must be a finite number, got ${String(value)}`);
  return value;
}

export function checkApproximate(value: 'none' | 'tanh', where: string): 'none' | 'tanh' {
  if (value !== 'none' && value !== 'tanh')
    throw new RangeError(`${where}: approximate must be 'none' or 'tanh', got ${String(value)}`);
  return value;
}

export function checkSoftplus({ beta = 1, threshold = 20 }: SoftplusOptions, where: string): Required<SoftplusOptions> {
  checkFinite(threshold, `${where}: threshold`);
  if (checkFinite(beta, `${where}: beta`) === 0) throw new RangeError(`${where}: beta must not be 0`);
  return { beta, threshold };
}

/** Bounds may be infinite. */
export function checkHardtanh({ minVal = -1, maxVal = 1 }: HardtanhOptions, where: string): Required<HardtanhOptions> {
  if (!(maxVal > minVal)) throw new RangeError(`${where}: maxVal must be above minVal, got ${minVal} to ${maxVal}`);
  return { minVal, maxVal };
}

export function checkLambd(lambd: number, where: string): number {
  if (!(checkFinite(lambd, `${where}: lambd`) >= 0)) throw new RangeError(`${where}: lambd must be ≥ 0, got ${lambd}`);
  return lambd;
}

/** What tells one optimizer from another: options with their defaults, state tensors, a kernel, and the words that the kernel reads. */
import type { Parameter } from '../nn/parameter.ts';
import type { UpdateKernel } from '../ops/update.ts';

/** Options of every optimizer. */
export interface CommonOptions {
  /** Learning rate. */
  readonly lr?: number;
  /**
   * Max-norm constraint (Srebro & Shraibman 2005; Srivastava et al. 2014, §5.1, use 3 to 4 with dropout): after each update the incoming
   * weights of every unit, which are a row of a parameter of rank 2 or more, are scaled to a 2-norm of at most this. As
   * `torch.renorm(w, 2, 0, maxNorm)`. Default: none.
   */
  readonly maxNorm?: number;
  /** Makes the objective grow instead of fall: the gradient is negated first. Default false. */
  readonly maximize?: boolean;
}

/** Options with every default filled in. */
export type Resolved<O> = { -readonly [K in keyof Required<Omit<O, 'maxNorm'>>]: Required<O>[K] } & {
  maxNorm: number | undefined;
};

/** Parameters with options of their own; what is left out is as for the whole optimizer. */
export type GroupOptions<O> = O & { readonly params: Iterable<Parameter> };

/** What an optimizer is given: parameters, or groups of them. */
export type ParametersOrGroups<O> = Iterable<Parameter> | Iterable<GroupOptions<O>>;

/** A group as the optimizer keeps it. `lr` and the other numbers may be changed between steps. */
export type ParameterGroup<O> = Resolved<O> & { readonly params: readonly Parameter[] };

export interface UpdateRule<O extends CommonOptions> {
  /** The optimizer's name, in errors. */
  readonly name: string;
  /** PyTorch's. */
  readonly defaults: Omit<Resolved<O>, 'maxNorm' | 'maximize'>;
  kernel(group: Resolved<O>): UpdateKernel;
  /** State tensors by PyTorch's names, in the kernel's order, each with its first value; null: these options need none. */
  states(group: Resolved<O>): Readonly<Record<string, number | null>>;
  /** @throws RangeError for options out of range. */
  check(group: Resolved<O>): void;
  /** The kernel's words for step `step` (from 0). */
  words(group: Resolved<O>, step: number): readonly number[];
  /** The options with another momentum, for schedules that cycle it. Absent: the optimizer has none, or cannot change it. */
  withMomentum?(group: Resolved<O>, momentum: number): Resolved<O>;
}

/** @throws RangeError unless the value is a finite number ≥ 0. */
export function checkAtLeastZero(value: number, name: string): number {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new RangeError(`optimizer: ${name} must be a number ≥ 0, got ${value}`);
  return value;
}

/** @throws RangeError unless the value is in [0, 1). */
export function checkBelowOne(value: number, name: string): number {
  if (!(value >= 0 && value < 1)) throw new RangeError(`optimizer: ${name} must be in [0, 1), got ${value}`);
  return value;
}

/** @throws RangeError for decay rates of Adam and its kin that are out of range. */
export function checkBetas([beta1, beta2]: readonly [number, number]): void {
  checkBelowOne(beta1, 'betas[0]');
  checkBelowOne(beta2, 'betas[1]');
}

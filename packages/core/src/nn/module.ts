/**
 * Module: the base of layers and models. Fields that are parameters, buffers or modules (or arrays of them) are found by themselves,
 * in the order of assignment, and named by their path, as in PyTorch: `conv1.weight`, `features.0.bias`.
 */
import { ShapeError } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Buffer } from './buffer.ts';
import { Parameter } from './parameter.ts';

export type StateDict = Record<string, Tensor<DType>>;

export interface LoadOptions {
  /** Whether missing and unknown names are errors. Default true. */
  readonly strict?: boolean;
}

/** `Inputs` and `Output` are those of `forward`: usually tensors and one tensor; recurrent layers and attention return several. */
export abstract class Module<Inputs extends readonly unknown[] = Tensor[], Output = Tensor> {
  /** True in training mode, the mode a module starts in. */
  training = true;

  /** The computation, in plain TypeScript on tensors. */
  abstract forward(...inputs: Inputs): Output;

  /** The name of a field in `stateDict()`. */
  protected stateName(field: string): string {
    return field;
  }

  /** Sets training mode (dropout on) for this module and all inside. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Sets evaluation mode (dropout is the identity). */
  eval(): this {
    return this.train(false);
  }

  /** Every module below and including this one with its path; shared modules once. */
  *namedModules(prefix = '', seen: Set<Module> = new Set()): Generator<[name: string, module: Module]> {
    // Whatever its forward takes and returns: who walks over modules asks for their state, not for their results.
    const self = this as unknown as Module;
    if (seen.has(self)) return;
    seen.add(self);
    yield [prefix, self];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name), seen);
  }

  /** The modules directly inside. */
  *namedChildren(): Generator<[name: string, module: Module]> {
    for (const [name, value] of fields(this)) if (value instanceof Module) yield [this.stateName(name), value];
  }

  /** Every parameter with its path; shared ones once, under their first name. */
  *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    const seen = new Set<unknown>();
    for (const [path, module] of this.namedModules()) yield* module.#fieldsOf(Parameter, { path, seen });
  }

  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** Every buffer (saved, but not trained) with its path; shared ones once, under their first name. */
  *namedBuffers(): Generator<[name: string, buffer: Buffer<DType>]> {
    const seen = new Set<unknown>();
    for (const [path, module] of this.namedModules()) yield* module.#fieldsOf(Buffer<DType>, { path, seen });
  }

  /** Parameters and buffers by name, in PyTorch's order: module by module. The tensors are the module's own, not copies. */
  stateDict(): StateDict {
    const seen = new Set<unknown>();
    const state: StateDict = {};
    for (const [path, module] of this.namedModules()) {
      Object.assign(state, Object.fromEntries(module.#fieldsOf(Parameter, { path, seen })));
      Object.assign(state, Object.fromEntries(module.#fieldsOf(Buffer<DType>, { path, seen })));
    }
    return state;
  }

  /** Copies values into the parameters and buffers; nothing is changed if any name or shape does not fit. */
  loadStateDict(state: Readonly<StateDict>, options: LoadOptions = {}): void {
    const own = new Map(Object.entries(this.stateDict()));
    const problems: string[] = [];
    for (const [name, tensor] of own) {
      const value = state[name];
      if (!value) {
        if (options.strict !== false) problems.push(`${name} is missing`);
      } else if (!sameShape(value.shape, tensor.shape)) {
        problems.push(`${name}: expected shape ${formatShape(tensor.shape)}, got ${formatShape(value.shape)}`);
      }
    }
    if (options.strict !== false) {
      for (const name of Object.keys(state))
        if (!own.has(name)) problems.push(`${name} is not a parameter or buffer of the module`);
    }
    if (problems.length > 0) throw new ShapeError(`loadStateDict: ${problems.join('; ')}`);
    for (const [name, tensor] of own) {
      const value = state[name];
      if (value) tensor.copyFrom(value.data);
    }
  }

  /** What the layer was made with, in PyTorch's words: `4, eps=1e-05`. Empty where there is nothing to say. */
  extraRepr(): string {
    return '';
  }

  /** The name of the layer and what it was made with, for summaries and errors. */
  describe(): string {
    const extra = this.extraRepr();
    return extra ? `${this.constructor.name}(${extra})` : this.constructor.name;
  }

  /** The fields of one class with their paths, each value once. */
  *#fieldsOf<T extends object>(
    kind: new (...args: never[]) => T,
    at: { path: string; seen: Set<unknown> },
  ): Generator<[name: string, value: T]> {
    for (const [field, value] of fields(this)) {
      if (!(value instanceof kind) || at.seen.has(value)) continue;
      at.seen.add(value);
      const name = value instanceof Buffer ? (value.name ?? this.stateName(field)) : this.stateName(field);
      yield [join(at.path, name), value];
    }
  }
}

/** The tensors in a result of `forward`: itself, or the values of its fields. */
export function tensorsOf(output: unknown): Tensor<DType>[] {
  if (output instanceof Tensor) return [output];
  return output instanceof Object ? Object.values(output).filter((value) => value instanceof Tensor) : [];
}

function* fields(module: object): Generator<[name: string, value: unknown]> {
  for (const [name, value] of Object.entries(module)) {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) yield [`${name}.${i}`, item];
    else yield [name, value];
  }
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name;
}

/** Type guard for values a user hands in. */
export function isModule(value: unknown): value is Module {
  return value instanceof Module;
}

/**
 * Module: the base of layers and models. Fields that are parameters, buffers or modules (or arrays of them) are found by themselves,
 * in the order of assignment, and named by their path, as in PyTorch: `conv1.weight`, `features.0.bias`.
 */
import { ShapeError } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { Buffer } from './buffer.ts';
import { addForwardHook, type ForwardHook, type HookHandle } from './hooks.ts';
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

  /** The modules directly inside, with their names. */
  *namedChildren(): Generator<[name: string, module: Module]> {
    for (const [name, value] of this.namedFields()) if (value instanceof Module) yield [this.stateName(name), value];
  }

  /** The modules directly inside. */
  children(): Module[] {
    return [...this.namedChildren()].map(([, module]) => module);
  }

  /** Every module below and including this one, shared ones once. */
  modules(): Module[] {
    return [...this.namedModules()].map(([, module]) => module);
  }

  /** Calls `visit` for every module inside, children before their parents, and last for this one. */
  apply(visit: (module: Module) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this as unknown as Module);
    return this;
  }

  /** What may be a parameter, a buffer or a module, by name: the fields, and the elements of those that are arrays. */
  protected *namedFields(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of Object.entries(this)) {
      if (Array.isArray(value)) for (const [i, item] of value.entries()) yield [`${name}.${i}`, item];
      else yield [name, value];
    }
  }

  /** Every parameter with its path; shared ones once, under their first name. */
  *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    const seen = new Set<unknown>();
    for (const [path, module] of this.namedModules()) yield* Module.#fieldsOf(module, Parameter, { path, seen });
  }

  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** Elements of all parameters, shared ones once. */
  numel(): number {
    return this.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /** Freezes (false) or thaws every parameter inside: frozen ones get no gradient and keep their values. */
  requiresGrad(mode = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = mode;
    return this;
  }

  /**
   * Has `hook` called after every `forward` of this module with the module, its inputs and its output; what it returns, if anything, takes
   * the place of the output. Hooks run in the order of registration. In a program the tensors are symbolic: their shapes are known, their
   * values are not.
   */
  registerForwardHook(hook: ForwardHook): HookHandle {
    return addForwardHook(this as unknown as Module, hook);
  }

  /** Every buffer (saved, but not trained) with its path; shared ones once, under their first name. */
  *namedBuffers(): Generator<[name: string, buffer: Buffer<DType>]> {
    const seen = new Set<unknown>();
    for (const [path, module] of this.namedModules()) yield* Module.#fieldsOf(module, Buffer<DType>, { path, seen });
  }

  /** Parameters and buffers by name, in PyTorch's order: module by module. The tensors are the module's own, not copies. */
  stateDict(): StateDict {
    const seen = new Set<unknown>();
    const state: StateDict = {};
    for (const [path, module] of this.namedModules()) {
      Object.assign(state, Object.fromEntries(Module.#fieldsOf(module, Parameter, { path, seen })));
      Object.assign(state, Object.fromEntries(Module.#fieldsOf(module, Buffer<DType>, { path, seen })));
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

  /** The fields of one class with their paths, each value once. */
  static *#fieldsOf<T extends object>(
    module: Module,
    kind: new (...args: never[]) => T,
    at: { path: string; seen: Set<unknown> },
  ): Generator<[name: string, value: T]> {
    for (const [field, value] of module.namedFields()) {
      if (!(value instanceof kind) || at.seen.has(value)) continue;
      at.seen.add(value);
      const own = module.stateName(field);
      const name = value instanceof Buffer ? (value.name ?? own) : own;
      yield [join(at.path, name), value];
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

  /** The module and everything inside, a line each, as PyTorch prints it. */
  toString(): string {
    const extra = this.extraRepr().split('\n').filter(Boolean);
    const children = [...this.namedChildren()].map(([name, child]) => `(${name}): ${child}`);
    if (children.length === 0 && extra.length <= 1) return `${this.constructor.name}(${extra.join('')})`;
    const lines = [...extra, ...children].map((line) => `  ${line.replaceAll('\n', '\n  ')}\n`);
    return `${this.constructor.name}(\n${lines.join('')})`;
  }
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name;
}

/** The tensors in a result of `forward`: itself, or the values of its fields. */
export function tensorsOf(output: unknown): Tensor<DType>[] {
  if (output instanceof Tensor) return [output];
  return output instanceof Object ? Object.values(output).filter((value) => value instanceof Tensor) : [];
}

/** Type guard for values a user hands in. */
export function isModule(value: unknown): value is Module {
  return value instanceof Module;
}

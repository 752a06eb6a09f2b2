/** Containers: lists and dictionaries of modules and parameters, whose names are those of their places. */
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/** A list of modules that a model uses as it likes; their parameters are named `0.weight`, `1.bias`, …, as in PyTorch. */
export class ModuleList extends Module {
  readonly #modules: Module[];

  constructor(modules: Iterable<Module> = []) {
    super();
    this.#modules = [...modules];
  }

  override *namedChildren(): Generator<[name: string, module: Module]> {
    for (const [i, module] of this.#modules.entries()) yield [String(i), module];
  }

  [Symbol.iterator](): IterableIterator<Module> {
    return this.#modules[Symbol.iterator]();
  }

  get length(): number {
    return this.#modules.length;
  }

  /** The i-th module; negative numbers count from the end. */
  at(index: number): Module | undefined {
    return this.#modules.at(index);
  }

  append(module: Module): this {
    this.#modules.push(module);
    return this;
  }

  extend(modules: Iterable<Module>): this {
    this.#modules.push(...modules);
    return this;
  }

  /** Puts a module before the i-th. */
  insert(index: number, module: Module): this {
    this.#modules.splice(index, 0, module);
    return this;
  }

  /** A list has no computation of its own. @throws TypeError always. */
  override forward(): Tensor {
    throw new TypeError('ModuleList: has no forward of its own; call its modules in the forward of the model');
  }
}

/** A dictionary of modules in the order of insertion; their parameters are named `key.weight`, as in PyTorch. */
export class ModuleDict extends Module {
  readonly #modules: Map<string, Module>;

  constructor(modules: Readonly<Record<string, Module>> | Iterable<readonly [string, Module]> = {}) {
    super();
    this.#modules = new Map(
      Symbol.iterator in modules ? (modules as Iterable<readonly [string, Module]>) : Object.entries(modules),
    );
  }

  override *namedChildren(): Generator<[name: string, module: Module]> {
    yield* this.#modules;
  }

  get size(): number {
    return this.#modules.size;
  }

  get(key: string): Module | undefined {
    return this.#modules.get(key);
  }

  set(key: string, module: Module): this {
    this.#modules.set(key, module);
    return this;
  }

  has(key: string): boolean {
    return this.#modules.has(key);
  }

  /** Whether there was one. */
  delete(key: string): boolean {
    return this.#modules.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#modules.keys();
  }

  values(): IterableIterator<Module> {
    return this.#modules.values();
  }

  entries(): IterableIterator<[string, Module]> {
    return this.#modules.entries();
  }

  /** A dictionary has no computation of its own. @throws TypeError always. */
  override forward(): Tensor {
    throw new TypeError('ModuleDict: has no forward of its own; call its modules in the forward of the model');
  }
}

/** A list of parameters, named `0`, `1`, … as in PyTorch. */
export class ParameterList extends Module {
  readonly #parameters: Parameter[];

  constructor(parameters: Iterable<Parameter> = []) {
    super();
    this.#parameters = [...parameters];
  }

  protected override *namedFields(): Generator<[name: string, value: unknown]> {
    for (const [i, parameter] of this.#parameters.entries()) yield [String(i), parameter];
  }

  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.#parameters[Symbol.iterator]();
  }

  get length(): number {
    return this.#parameters.length;
  }

  /** The i-th parameter; negative numbers count from the end. */
  at(index: number): Parameter | undefined {
    return this.#parameters.at(index);
  }

  append(parameter: Parameter): this {
    this.#parameters.push(parameter);
    return this;
  }

  extend(parameters: Iterable<Parameter>): this {
    this.#parameters.push(...parameters);
    return this;
  }

  /** A list has no computation of its own. @throws TypeError always. */
  override forward(): Tensor {
    throw new TypeError('ParameterList: has no forward; use its parameters in the forward of the model');
  }

  override extraRepr(): string {
    return this.#parameters
      .map((parameter, i) => `(${i}): Parameter containing: [float32 of size ${parameter.shape.join('x')}]`)
      .join('\n');
  }
}

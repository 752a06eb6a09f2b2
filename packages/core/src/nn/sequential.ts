/** The chain of modules. */
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

/** Applies its modules one after the other; their parameters are named `0.weight`, `1.bias`, …, as in PyTorch. */
export class Sequential extends Module {
  readonly #chain: readonly Module[];

  constructor(...modules: Module[]) {
    super();
    this.#chain = modules;
  }

  override *namedChildren(): Generator<[name: string, module: Module]> {
    for (const [i, module] of this.#chain.entries()) yield [String(i), module];
  }

  /** The i-th module. */
  at(index: number): Module | undefined {
    return this.#chain.at(index);
  }

  get length(): number {
    return this.#chain.length;
  }

  override forward(x: Tensor): Tensor {
    return this.#chain.reduce((value, module) => module.forward(value), x);
  }
}

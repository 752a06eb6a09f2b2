/** The fully connected layer. */
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional.ts';
import { fanInUniform } from './init.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';
import { reprBoolean } from './repr.ts';

/** y = x·Wᵀ + b: [… , inFeatures] → [… , outFeatures]. weight [O, I], bias [O], both uniform in ±1/√I at first. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly inFeatures: number;
  readonly outFeatures: number;

  constructor(inFeatures: number, outFeatures: number, options: { bias?: boolean } = {}) {
    super();
    checkCount(inFeatures, 'Linear: inFeatures');
    checkCount(outFeatures, 'Linear: outFeatures');
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = fanInUniform([outFeatures, inFeatures], inFeatures);
    this.bias = options.bias === false ? null : fanInUniform([outFeatures], inFeatures);
  }

  override forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, { bias: this.bias, where: this.describe() });
  }

  override extraRepr(): string {
    const bias = reprBoolean(this.bias !== null);
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${bias}`;
  }

  override describe(): string {
    return `Linear(${this.inFeatures}, ${this.outFeatures}${this.bias ? '' : ', bias: false'})`;
  }
}

/** A whole number of at least 1, or a RangeError. */
export function checkCount(value: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${where} must be an integer ≥ 1, got ${value}`);
}

/** What the loss layers share. */
import { checkReduction, type Reduction } from '../../losses/reduction.ts';
import { Module } from '../module.ts';

/** A loss as a layer, `forward(input, target)`: for code that holds its loss like a layer; its function does the same. */
export abstract class Loss extends Module {
  readonly reduction: Reduction;

  /** @throws RangeError for another reduction than 'mean', 'sum' and 'none'. */
  constructor(reduction: Reduction = 'mean') {
    super();
    this.reduction = checkReduction(reduction);
  }
}

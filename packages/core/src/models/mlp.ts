/** A multilayer perceptron with dropout at the input and in the hidden layers. */
import * as F from '../nn/functional.ts';
import * as nn from '../nn/index.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface MLPOptions {
  /** Widths of the hidden layers. Default [1024, 1024]. */
  readonly hidden?: readonly number[];
  /** Probability to drop in hidden layers. Default 0.5. */
  readonly dropout?: number;
  /** Probability to drop at the input. Default 0.4 times that of the hidden layers (0.2 for 0.5). */
  readonly inputDropout?: number;
  readonly dropoutConfig?: nn.DropoutConfig;
}

/** Flatten, dropout, then linear – ReLU – dropout for each hidden width, linear `classes`: [B, …] → [B, classes]. */
export class MLP extends nn.Module {
  readonly inputDropout: nn.Dropout;
  readonly dropout: nn.Dropout;
  readonly layers: readonly nn.Linear[];

  constructor(inputShape: readonly number[], classes: number, options: MLPOptions = {}) {
    super();
    const { hidden = [1024, 1024], dropout = 0.5, inputDropout = dropout * 0.4 } = options;
    const widths = [sizeOf(inputShape), ...hidden, classes];
    this.inputDropout = new nn.Dropout(inputDropout, options.dropoutConfig);
    this.dropout = new nn.Dropout(dropout, options.dropoutConfig);
    this.layers = widths.slice(1).map((width, i) => new nn.Linear(widths[i]!, width));
  }

  override forward(x: Tensor): Tensor {
    let y = this.inputDropout.forward(x.flatten(1));
    for (const layer of this.layers.slice(0, -1)) y = this.dropout.forward(F.relu(layer.forward(y)));
    return this.layers.at(-1)!.forward(y);
  }
}

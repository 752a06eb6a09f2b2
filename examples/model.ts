/** A model file for the command: the default export is a class or a function of the sample's shape and the number of classes. */
import { F, nn, type Tensor } from '@lockstep/core';

export default class Net extends nn.Module {
  readonly fc1: nn.Linear;
  readonly dropout = new nn.Dropout(0.3);
  readonly fc2: nn.Linear;

  constructor(inputShape: readonly number[], classes: number) {
    super();
    this.fc1 = new nn.Linear(
      inputShape.reduce((product, extent) => product * extent, 1),
      256,
    );
    this.fc2 = new nn.Linear(256, classes);
  }

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(F.relu(this.fc1.forward(x.flatten(1)))));
  }
}

/** The networks of the studies that are not among the package's models. */
import { F, nn, type Tensor } from '@lockstep/core';

/** Conv 32 – ReLU – pool, conv 64 – ReLU – pool, two hidden linear layers of 1000 units; dropout p in front of each linear layer. */
export class TwoConvNet extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly conv2 = new nn.Conv2d(32, 64, 3);
  readonly pool = new nn.MaxPool2d(2);
  readonly fc1: nn.Linear;
  readonly fc2 = new nn.Linear(1000, 1000);
  readonly fc3: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor([channels, height, width]: readonly number[], classes: number, p: number) {
    super();
    const [h, w] = [height!, width!].map((size) => ((((size - 2) >> 1) - 2) >> 1) as number) as [number, number];
    this.conv1 = new nn.Conv2d(channels!, 32, 3);
    this.fc1 = new nn.Linear(64 * h * w, 1000);
    this.fc3 = new nn.Linear(1000, classes);
    this.dropout = new nn.Dropout(p);
  }

  override forward(x: Tensor): Tensor {
    const first = this.pool.forward(F.relu(this.conv1.forward(x)));
    const flat = this.dropout.forward(this.pool.forward(F.relu(this.conv2.forward(first))).flatten(1));
    const hidden = this.dropout.forward(F.relu(this.fc1.forward(flat)));
    return this.fc3.forward(this.dropout.forward(F.relu(this.fc2.forward(hidden))));
  }
}

/** The seed network: the tutorial's small convolutional classifier with one dropout module that is called twice. */
import * as F from '../nn/functional.ts';
import * as nn from '../nn/index.ts';
import { inputTensor } from '../tensor/input.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface SeedNetOptions {
  /** Probability to drop, before and after the hidden linear layer. Default 0.25. */
  readonly dropout?: number;
  readonly dropoutConfig?: nn.DropoutConfig;
}

/**
 * Conv 32 – ReLU – pool, conv 64 – ReLU – pool, conv 128 – ReLU – pool (3×3 kernels, 2×2 windows), flatten, dropout, linear 512 – ReLU, the
 * same dropout, linear `classes`: [B, C, H, W] → [B, classes]. Images from 22×22 pixels up.
 */
export class SeedNet extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly conv2: nn.Conv2d;
  readonly conv3: nn.Conv2d;
  readonly pool: nn.MaxPool2d;
  readonly fc1: nn.Linear;
  readonly fc2: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor(inputShape: readonly number[], classes: number, options: SeedNetOptions = {}) {
    super();
    this.conv1 = new nn.Conv2d(inputShape[0]!, 32, 3);
    this.conv2 = new nn.Conv2d(32, 64, 3);
    this.conv3 = new nn.Conv2d(64, 128, 3);
    this.pool = new nn.MaxPool2d(2, { stride: 2 });
    // The flattened size follows from running the features once on a symbolic image: shapes only, nothing is computed.
    const image = inputTensor('image', { shape: [1, ...inputShape], dtype: 'f32' });
    this.fc1 = new nn.Linear(this.features(image).size, 512);
    this.fc2 = new nn.Linear(512, classes);
    this.dropout = new nn.Dropout(options.dropout ?? 0.25, options.dropoutConfig);
  }

  features(x: Tensor): Tensor {
    let y = x;
    for (const conv of [this.conv1, this.conv2, this.conv3]) y = this.pool.forward(F.relu(conv.forward(y)));
    return y;
  }

  override forward(x: Tensor): Tensor {
    const flat = this.dropout.forward(this.features(x).flatten(1));
    const hidden = this.dropout.forward(F.relu(this.fc1.forward(flat)));
    return this.fc2.forward(hidden);
  }
}

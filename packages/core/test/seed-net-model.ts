/** The seed network of the project, as its user would write it, and its golden weights and batches. */
import { nn, type Tensor, tensor } from '@lockstep/core';
import { fanInBound, hashTargets, hashUniform } from '@lockstep/testkit';

/** x [B, 3, 32, 32] → logits [B, 10]. One dropout module is called twice. */
export class SeedNet extends nn.Module {
  readonly conv1 = new nn.Conv2d(3, 32, 3);
  readonly conv2 = new nn.Conv2d(32, 64, 3);
  readonly conv3 = new nn.Conv2d(64, 128, 3);
  readonly pool = new nn.MaxPool2d(2);
  readonly relu = new nn.ReLU();
  readonly flatten = new nn.Flatten();
  readonly dropout: nn.Dropout;
  readonly fc1 = new nn.Linear(512, 512);
  readonly fc2 = new nn.Linear(512, 10);

  constructor(p: number) {
    super();
    this.dropout = new nn.Dropout(p);
  }

  override forward(input: Tensor): Tensor {
    let x = input;
    for (const conv of [this.conv1, this.conv2, this.conv3]) x = this.pool.forward(this.relu.forward(conv.forward(x)));
    x = this.dropout.forward(this.flatten.forward(x));
    x = this.dropout.forward(this.relu.forward(this.fc1.forward(x)));
    return this.fc2.forward(x);
  }
}

/** The network with the weights of golden/generate.py. */
export function goldenSeedNet(p: number): SeedNet {
  const net = new SeedNet(p);
  for (const [name, parameter] of net.namedParameters()) {
    const layer = name.split('.')[0] as 'conv1';
    const { shape } = net[layer].weight;
    const fanIn = shape.slice(1).reduce((product, extent) => product * extent, 1);
    parameter.copyFrom(hashUniform(name, parameter.size, fanInBound(fanIn)));
  }
  return net;
}

/** The inputs [8, 3, 32, 32] and targets [8] of a golden step. */
export function goldenBatch(step: number): { x: Tensor; targets: Tensor } {
  return {
    x: tensor(hashUniform(`input.${step}`, 8 * 3 * 32 * 32), { shape: [8, 3, 32, 32] }),
    targets: tensor(hashTargets(`target.${step}`, 8, 10), { dtype: 'i32' }),
  };
}

/** A small regression problem with two inputs and two targets, for tests of named arrays. */
import { manualSeed, nn, type Tensor } from '@lockstep/core';
import { type TensorDataset, tensorDataset } from '@lockstep/data';

/** y = [2a − b, a·c], kind = whether a > 0; a, b in `pair`, c in `third`. */
export function numbers(count: number): TensorDataset {
  const at = (i: number, k: number): number => Math.sin(5 * i + 3 * k + 1);
  const samples = Array.from({ length: count }, (_, i) => [at(i, 0), at(i, 1), at(i, 2)] as const);
  return tensorDataset({
    count,
    inputs: {
      pair: { values: samples.flatMap((sample) => sample.slice(0, 2)) },
      third: { values: samples.map(([, , c]) => c), shape: [1] },
    },
    targets: {
      y: { values: samples.flatMap(([a, b, c]) => [2 * a - b, a * c]), shape: [2] },
      kind: { values: Int32Array.from(samples, ([a]) => Number(a > 0)) },
    },
  });
}

/** Two inputs, and two heads on one hidden layer. */
export class TwoHeads extends nn.Module {
  readonly first: nn.Linear;
  readonly second: nn.Linear;
  readonly numbers: nn.Linear;
  readonly classes: nn.Linear;

  constructor(seed = 3) {
    super();
    manualSeed(seed);
    this.first = new nn.Linear(2, 16);
    this.second = new nn.Linear(1, 16);
    this.numbers = new nn.Linear(16, 2);
    this.classes = new nn.Linear(16, 2);
  }

  hidden(pair: Tensor, third: Tensor): Tensor {
    return this.first.forward(pair).add(this.second.forward(third)).tanh();
  }

  override forward(pair: Tensor, third: Tensor): Tensor {
    return this.numbers.forward(this.hidden(pair, third));
  }
}

/** The seed network that ships, with the weights and batches of golden/generate.py. */
import { type Tensor, tensor } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { fanInBound, hashTargets, hashUniform } from '@lockstep/testkit';

export function goldenSeedNet(p: number): SeedNet {
  const net = new SeedNet([3, 32, 32], 10, { dropout: p });
  for (const [name, parameter] of net.namedParameters()) {
    const layer = name.split('.')[0] as 'conv1';
    const fanIn = net[layer].weight.shape.slice(1).reduce((product, extent) => product * extent, 1);
    parameter.copyFrom(hashUniform(name, parameter.size, fanInBound(fanIn)));
  }
  return net;
}

/** The inputs [8, 3, 32, 32] and targets [8] of a golden step. */
export function goldenBatch(step: number): { x: Tensor; targets: Tensor<'i32'> } {
  return {
    x: tensor(hashUniform(`input.${step}`, 8 * 3 * 32 * 32), { shape: [8, 3, 32, 32] }),
    targets: tensor(hashTargets(`target.${step}`, 8, 10), { dtype: 'i32' }),
  };
}

/** A model of containers, one layer used twice; its twin is in golden/generate_layers.py. */
import { nn, type Tensor, tensor } from '@lockstep/core';

export class Contained extends nn.Module {
  readonly list = new nn.ModuleList([new nn.Linear(3, 4), new nn.Linear(4, 3)]);
  readonly byName = new nn.ModuleDict({ twice: new nn.Linear(3, 3) });
  readonly scales = new nn.ParameterList([new nn.Parameter(tensor([0.5, 2, -1]))]);
  override forward(x: Tensor): Tensor {
    const inner = [...this.list].reduce((value, module) => module.forward(value), x);
    const twice = this.byName.get('twice')!;
    return twice.forward(twice.forward(inner)).mul(this.scales.at(0)!);
  }
}

/** The exports that it is made of. */
export const containerNames = ['nn.ModuleList', 'nn.ModuleDict', 'nn.ParameterList'] as const;

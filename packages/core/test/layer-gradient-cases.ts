/** Cases of `finite-differences.test.ts` for the layers and functions of shapes, normalisation, convolution, pooling and tables. */
import { F, nn, type Tensor } from '@lockstep/core';

export interface GradientCase {
  readonly name: string;
  readonly inputs: readonly { readonly shape: readonly number[]; readonly kind: 'any' | 'positive' | 'spaced' }[];
  readonly run: (inputs: Tensor[]) => Tensor;
  readonly module?: nn.Module;
}
type Input = GradientCase['inputs'][number];

const any = (...shape: number[]): Input => ({ shape, kind: 'any' });
const op = (name: string, inputs: Input[], run: (...inputs: Tensor[]) => Tensor): GradientCase => ({
  name,
  inputs,
  run: (tensors) => run(...tensors),
});
const layer = (name: string, inputs: Input[], module: nn.Module): GradientCase => ({
  name,
  inputs,
  module,
  run: (tensors) => module.forward(...tensors),
});

const normalisation: readonly GradientCase[] = [
  op('F.layerNorm', [any(2, 3, 5), any(5)], (x, bias) => F.layerNorm(x, 5, { bias })),
  op('F.layerNorm', [any(3, 2, 9), any(2, 9), any(2, 9)], (x, weight, bias) =>
    F.layerNorm(x, [2, 9], { weight, bias }),
  ),
  op('F.rmsNorm', [any(3, 7), any(7)], (x, weight) => F.rmsNorm(x, 7, { weight })),
  op('F.groupNorm', [any(2, 6, 3), any(6), any(6)], (x, weight, bias) => F.groupNorm(x, 3, { weight, bias })),
  op('F.instanceNorm', [any(2, 3, 4), any(3), any(3)], (x, weight, bias) => F.instanceNorm(x, { weight, bias })),
  layer('nn.LayerNorm', [any(4, 10)], new nn.LayerNorm(10)),
  layer('nn.RMSNorm', [any(4, 10)], new nn.RMSNorm(10, { eps: 1e-2 })),
  layer('nn.GroupNorm', [any(2, 10, 2, 2)], new nn.GroupNorm(2, 10)),
  layer('nn.InstanceNorm1d', [any(2, 3, 4)], new nn.InstanceNorm1d(3, { affine: true })),
  layer('nn.InstanceNorm2d', [any(2, 5, 2, 3)], new nn.InstanceNorm2d(5)),
  layer('nn.InstanceNorm2d', [any(2, 2, 2, 3)], new nn.InstanceNorm2d(2, { trackRunningStats: true }).eval()),
];

export const layerGradientCases: readonly GradientCase[] = [...normalisation];

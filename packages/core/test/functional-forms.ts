/** How the function of a layer is called with what the layer was made with, so that it is compared with the layer's golden values. */
import { F, type Tensor } from '@lockstep/core';

// biome-ignore lint/suspicious/noExplicitAny: operands of any dtype.
type AnyTensor = Tensor<any>;
// biome-ignore lint/suspicious/noExplicitAny: arguments and options of any layer, as the JSON file has them.
type Arguments = any;

export interface FunctionalForm {
  readonly name: `F.${string}`;
  /** The parameters by their names in the layer. */
  readonly run: (
    inputs: readonly AnyTensor[],
    made: {
      readonly args: Arguments;
      readonly options: Arguments;
      readonly parameters: Readonly<Record<string, Tensor>>;
    },
  ) => Tensor;
}

type Affine = { weight?: Tensor; bias?: Tensor };

/** weight and bias among the options. */
const affine = ({ weight, bias }: Affine) => ({ ...(weight ? { weight } : {}), ...(bias ? { bias } : {}) });

function convolution(name: 'conv1d' | 'conv2d' | 'convTranspose1d' | 'convTranspose2d'): FunctionalForm {
  const call = F[name] as (x: Tensor, weight: Tensor, options: object) => Tensor;
  return {
    name: `F.${name}`,
    run: ([x], { options: { bias: _, ...options }, parameters }) =>
      call(x!, parameters.weight!, { ...options, bias: parameters.bias ?? null }),
  };
}

function pool(name: 'maxPool1d' | 'maxPool2d' | 'avgPool1d' | 'avgPool2d'): FunctionalForm {
  const call = F[name] as (x: Tensor, options: object) => Tensor;
  return { name: `F.${name}`, run: ([x], { args: [kernelSize], options }) => call(x!, { kernelSize, ...options }) };
}

function firstArgument(
  name:
    | 'adaptiveAvgPool1d'
    | 'adaptiveAvgPool2d'
    | 'adaptiveMaxPool2d'
    | 'pixelShuffle'
    | 'pixelUnshuffle'
    | 'channelShuffle',
): FunctionalForm {
  const call = F[name] as (x: Tensor, argument: Arguments) => Tensor;
  return { name: `F.${name}`, run: ([x], { args: [argument] }) => call(x!, argument) };
}

function padding(axes: number, mode: 'constant' | 'reflect' | 'replicate' | 'circular'): FunctionalForm {
  return {
    name: 'F.pad',
    run: ([x], { args: [pads, value = 0] }) =>
      F.pad(x!, typeof pads === 'number' ? new Array<number>(2 * axes).fill(pads) : pads, { mode, value }),
  };
}

const instanceNorm: FunctionalForm = {
  name: 'F.instanceNorm',
  run([x], { options: { eps }, parameters }) {
    const given = { eps, ...affine(parameters) };
    return x!.rank === 2 ? F.instanceNorm(x!.unsqueeze(0), given).squeeze(0) : F.instanceNorm(x!, given);
  },
};

const forms: Readonly<Record<string, FunctionalForm>> = {
  Linear: { name: 'F.linear', run: ([x], { parameters: { weight, bias = null } }) => F.linear(x!, weight!, { bias }) },
  LayerNorm: {
    name: 'F.layerNorm',
    run: ([x], { args: [shape], options: { eps }, parameters }) =>
      F.layerNorm(x!, shape, { eps, ...affine(parameters) }),
  },
  RMSNorm: {
    name: 'F.rmsNorm',
    run: ([x], { args: [shape], options: { eps }, parameters: { weight = null } }) =>
      F.rmsNorm(x!, shape, { eps, weight }),
  },
  GroupNorm: {
    name: 'F.groupNorm',
    run: ([x], { args: [groups], options: { eps }, parameters }) =>
      F.groupNorm(x!, groups, { eps, ...affine(parameters) }),
  },
  InstanceNorm1d: instanceNorm,
  InstanceNorm2d: instanceNorm,
  Conv1d: convolution('conv1d'),
  Conv2d: convolution('conv2d'),
  ConvTranspose1d: convolution('convTranspose1d'),
  ConvTranspose2d: convolution('convTranspose2d'),
  MaxPool1d: pool('maxPool1d'),
  MaxPool2d: pool('maxPool2d'),
  AvgPool1d: pool('avgPool1d'),
  AvgPool2d: pool('avgPool2d'),
  AdaptiveAvgPool1d: firstArgument('adaptiveAvgPool1d'),
  AdaptiveAvgPool2d: firstArgument('adaptiveAvgPool2d'),
  AdaptiveMaxPool2d: firstArgument('adaptiveMaxPool2d'),
  LPPool2d: {
    name: 'F.lpPool2d',
    run: ([x], { args: [normType, kernelSize], options }) => F.lpPool2d(x!, { normType, kernelSize, ...options }),
  },
  ZeroPad2d: padding(2, 'constant'),
  ConstantPad1d: padding(1, 'constant'),
  ConstantPad2d: padding(2, 'constant'),
  ReflectionPad1d: padding(1, 'reflect'),
  ReflectionPad2d: padding(2, 'reflect'),
  ReplicationPad1d: padding(1, 'replicate'),
  ReplicationPad2d: padding(2, 'replicate'),
  CircularPad2d: padding(2, 'circular'),
  Embedding: {
    name: 'F.embedding',
    run: ([x], { options, parameters }) => F.embedding(x!, parameters.weight!, options),
  },
  EmbeddingBag: {
    name: 'F.embeddingBag',
    run: ([x], { options, parameters }) => F.embeddingBag(x!, parameters.weight!, options),
  },
  Upsample: { name: 'F.interpolate', run: ([x], { options }) => F.interpolate(x!, options) },
  PixelShuffle: firstArgument('pixelShuffle'),
  PixelUnshuffle: firstArgument('pixelUnshuffle'),
  ChannelShuffle: firstArgument('channelShuffle'),
  Bilinear: {
    name: 'F.bilinear',
    run: ([a, b], { parameters: { weight, bias = null } }) => F.bilinear(a!, b!, weight!, { bias }),
  },
  CosineSimilarity: { name: 'F.cosineSimilarity', run: ([a, b], { options }) => F.cosineSimilarity(a!, b!, options) },
};

/** The function of a layer, unless the layer does more than it: other padding than zeros before a convolution. */
export function functionalForm(layer: string, options: Arguments): FunctionalForm | undefined {
  return options.paddingMode ? undefined : forms[layer];
}

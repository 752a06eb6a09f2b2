/** Activations: how each is called. */
import { F, nn, type Tensor } from '@lockstep/core';
import { type Kind, kind, type Options, type Subject, type Table, withParameters } from './kind.ts';

const at = (...values: number[]) => ({ kinks: () => values });

function call(golden: string, run: (x: Tensor, options: Options) => Tensor, more: Partial<Subject> = {}): Subject {
  return { golden, run: ({ input }, options) => run(input!, options), ...more };
}

/** An activation under both of its names. */
function both(
  names: { function: string; layer: string },
  make: (options: Options) => nn.Module,
  more: Partial<Subject> & { run?: Subject['run'] } = {},
): Table {
  const { function: name, layer } = names;
  const functions = F as unknown as Record<string, (x: Tensor, options: Options) => Tensor>;
  return {
    [`F.${name}`]: call(name, (x, options) => functions[name]!(x, options), more),
    [`nn.${layer}`]: call(name, (x, options) => make(options).forward(x), more),
  };
}

const shrinkage = { kinks: ({ lambd = 0.5 }) => [-lambd, lambd] };
/** Sums along axis 0 need every sample. */
const alongAxis: Partial<Subject> = { bySamples: ({ dim = -1 }) => dim > 0 };

const table: Table = {
  ...both({ function: 'relu', layer: 'ReLU' }, () => new nn.ReLU(), at(0)),
  ...both({ function: 'relu6', layer: 'ReLU6' }, () => new nn.ReLU6(), at(0, 6)),
  ...both({ function: 'leakyRelu', layer: 'LeakyReLU' }, (options) => new nn.LeakyReLU(options), at(0)),
  ...both({ function: 'elu', layer: 'ELU' }, (options) => new nn.ELU(options), at(0)),
  ...both({ function: 'selu', layer: 'SELU' }, () => new nn.SELU(), at(0)),
  ...both({ function: 'gelu', layer: 'GELU' }, (options) => new nn.GELU(options)),
  ...both({ function: 'silu', layer: 'SiLU' }, () => new nn.SiLU()),
  ...both({ function: 'mish', layer: 'Mish' }, () => new nn.Mish()),
  ...both({ function: 'hardswish', layer: 'Hardswish' }, () => new nn.Hardswish(), at(-3, 3)),
  ...both({ function: 'hardsigmoid', layer: 'Hardsigmoid' }, () => new nn.Hardsigmoid(), at(-3, 3)),
  ...both({ function: 'hardtanh', layer: 'Hardtanh' }, (options) => new nn.Hardtanh(options), {
    kinks: ({ minVal = -1, maxVal = 1 }) => [minVal, maxVal],
  }),
  ...both({ function: 'sigmoid', layer: 'Sigmoid' }, () => new nn.Sigmoid()),
  ...both({ function: 'tanh', layer: 'Tanh' }, () => new nn.Tanh()),
  ...both({ function: 'softplus', layer: 'Softplus' }, (options) => new nn.Softplus(options), {
    kinks: ({ beta = 1, threshold = 20 }) => [threshold / beta],
  }),
  // At 0 the slope of softsign has a corner, which central differences round off.
  ...both({ function: 'softsign', layer: 'Softsign' }, () => new nn.Softsign(), at(0)),
  ...both({ function: 'logsigmoid', layer: 'LogSigmoid' }, () => new nn.LogSigmoid()),
  ...both({ function: 'tanhshrink', layer: 'Tanhshrink' }, () => new nn.Tanhshrink()),
  ...both({ function: 'softshrink', layer: 'Softshrink' }, (options) => new nn.Softshrink(options), shrinkage),
  ...both({ function: 'hardshrink', layer: 'Hardshrink' }, (options) => new nn.Hardshrink(options), shrinkage),
  ...both({ function: 'glu', layer: 'GLU' }, (options) => new nn.GLU(options), alongAxis),
  'F.threshold': call('threshold', (x, { threshold, value }) => F.threshold(x, threshold, value), {
    kinks: ({ threshold }) => [threshold],
  }),
  'nn.Threshold': call('threshold', (x, { threshold, value }) => new nn.Threshold(threshold, value).forward(x), {
    kinks: ({ threshold }) => [threshold],
  }),
  'F.softmax': call('softmax', (x, { dim }) => F.softmax(x, dim), alongAxis),
  'nn.Softmax': call('softmax', (x, { dim }) => new nn.Softmax(dim).forward(x), alongAxis),
  'F.logSoftmax': call('logSoftmax', (x, { dim }) => F.logSoftmax(x, dim), alongAxis),
  'nn.LogSoftmax': call('logSoftmax', (x, { dim }) => new nn.LogSoftmax(dim).forward(x), alongAxis),
  'F.prelu': { golden: 'prelu', run: ({ input, weight }) => F.prelu(input!, weight!), shared: ['weight'], ...at(0) },
  'nn.PReLU': {
    golden: 'prelu',
    run: ({ input, weight }) =>
      withParameters(new nn.PReLU({ numParameters: weight!.size }), { weight: weight! }).forward(input!),
    shared: ['weight'],
    ...at(0),
  },
};

export const activations: Kind = kind('activations', table);

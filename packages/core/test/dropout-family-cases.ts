/**
 * What dropout-family.test.ts needs to know of each member of the dropout family. A subclass of `nn.DropoutModule` that is exported without an
 * entry here fails that test.
 */
import { F, nn, type Tensor } from '@lockstep/core';

/** The rate of all cases, a multiple of 1/65536, so that masks realise it exactly. */
export const familyP = 0.375;

/** The distribution of one draw: mean, variance, fourth central moment. */
export interface Law {
  readonly mean: number;
  readonly variance: number;
  readonly fourth: number;
  /** The standard error of the variance of one draw, where draws are not independent. Default: √(fourth − variance²). */
  readonly varianceError?: number;
}

export interface FamilyCase {
  readonly type: abstract new (...args: never[]) => nn.DropoutModule;
  /** A new layer with rate p, small. */
  readonly layer: (p: number, config?: nn.DropoutConfig) => nn.DropoutModule;
  /** Shape of an input of `layer` with this many samples. */
  readonly shape: (samples: number) => readonly number[];
  /** The result in evaluation. Default: the input itself, the very tensor. */
  readonly evaluated?: (layer: nn.DropoutModule, x: Tensor) => Tensor;
  /** A layer and an input of ones whose result holds 10⁶ draws: all of it, or what `draws` takes from it, sample by sample. */
  readonly many: {
    readonly layer?: (p: number, config?: nn.DropoutConfig) => nn.DropoutModule;
    readonly shape: readonly number[];
    readonly draws?: (values: Float32Array) => Float32Array;
  };
  readonly law: Law;
  /** p = 1: zeros whatever the input, an error, or something of the member's own. Default zeros. */
  readonly atOne?: 'zeros' | 'refused' | 'other';
  /** Whether every sample has draws of its own, which depend on the shard under scope `worker`. Default true. */
  readonly perSample?: boolean;
}

/** `dropped` with probability p, else `kept`. */
function twoPoint(kept: number, dropped: number): Law {
  const mean = (1 - familyP) * kept + familyP * dropped;
  const moment = (power: number) => (1 - familyP) * (kept - mean) ** power + familyP * (dropped - mean) ** power;
  return { mean, variance: moment(2), fourth: moment(4) };
}

const inverted = twoPoint(1 / (1 - familyP), 0);

/** Alpha dropout of an input of 1, by the formula of Klambauer et al. 2017. */
const alpha = (() => {
  const prime = 1.7580993408473766;
  const a = 1 / Math.sqrt((prime ** 2 * familyP + 1) * (1 - familyP));
  const b = a * prime * familyP;
  return twoPoint(a + b, -a * prime + b);
})();

/** The mean of k independent draws. */
function meanOf(k: number, { mean, variance, fourth }: Law): Law {
  return { mean, variance: variance / k, fourth: fourth / k ** 3 + (3 * (k - 1) * variance ** 2) / k ** 3 };
}

/** Concrete dropout at temperature 1 of an input of 1: the integral over u by midpoints. */
const concrete = (() => {
  const points = 1_000_000;
  const values = Float64Array.from({ length: points }, (_, i) => {
    const u = (i + 0.5) / points;
    const z = (familyP * u) / (familyP * u + (1 - familyP) * (1 - u));
    return (1 - z) / (1 - familyP);
  });
  const average = (of: (value: number) => number) => values.reduce((sum, value) => sum + of(value), 0) / points;
  const mean = average((value) => value);
  return {
    mean,
    variance: average((value) => (value - mean) ** 2),
    fourth: average((value) => (value - mean) ** 4),
  };
})();

/** Every n-th value. */
const every = (n: number) => (values: Float32Array) => values.filter((_, i) => i % n === 0);
const dropConnect = (inputs: number, outputs: number) => (p: number, config?: nn.DropoutConfig) => {
  const layer = new nn.DropConnectLinear(inputs, outputs, { ...config, p });
  layer.bias!.copyFrom(new Float32Array(outputs));
  if (inputs === 1) layer.weight.copyFrom(new Float32Array(outputs).fill(1));
  return layer;
};
const multiSample = (head: () => nn.Module) => (p: number, config?: nn.DropoutConfig) =>
  new nn.MultiSampleDropout(head(), { ...config, p });

export const familyCases: readonly FamilyCase[] = [
  {
    type: nn.Dropout,
    layer: (p, config) => new nn.Dropout(p, config),
    shape: (samples) => [samples, 24],
    many: { shape: [1000, 1000] },
    law: inverted,
  },
  {
    type: nn.Dropout1d,
    layer: (p, config) => new nn.Dropout1d(p, config),
    shape: (samples) => [samples, 8, 3],
    many: { shape: [1000, 1000, 2], draws: every(2) },
    law: inverted,
  },
  {
    type: nn.Dropout2d,
    layer: (p, config) => new nn.Dropout2d(p, config),
    shape: (samples) => [samples, 8, 2, 2],
    many: { shape: [1000, 1000, 1, 2], draws: every(2) },
    law: inverted,
  },
  {
    type: nn.Dropout3d,
    layer: (p, config) => new nn.Dropout3d(p, config),
    shape: (samples) => [samples, 8, 2, 1, 2],
    many: { shape: [1000, 1000, 1, 1, 2], draws: every(2) },
    law: inverted,
  },
  {
    type: nn.AlphaDropout,
    layer: (p, config) => new nn.AlphaDropout(p, config),
    shape: (samples) => [samples, 24],
    many: { shape: [1000, 1000] },
    law: alpha,
  },
  {
    type: nn.FeatureAlphaDropout,
    layer: (p, config) => new nn.FeatureAlphaDropout(p, config),
    shape: (samples) => [samples, 8, 2, 2],
    many: { shape: [1000, 1000, 2], draws: every(2) },
    law: alpha,
  },
  {
    type: nn.GaussianDropout,
    layer: (p, config) => new nn.GaussianDropout(p, config),
    shape: (samples) => [samples, 24],
    many: { shape: [1000, 1000] },
    law: {
      mean: 1,
      variance: familyP / (1 - familyP),
      fourth: 3 * (familyP / (1 - familyP)) ** 2,
    },
    atOne: 'refused',
  },
  {
    type: nn.LockedDropout,
    layer: (p, config) => new nn.LockedDropout(p, config),
    shape: (samples) => [samples, 3, 8],
    many: { shape: [1000, 2, 1000], draws: (values) => values.filter((_, i) => i % 2000 < 1000) },
    law: inverted,
  },
  {
    type: nn.DropPath,
    layer: (p, config) => new nn.DropPath(p, config),
    shape: (samples) => [samples, 3],
    many: { shape: [1_000_000, 2], draws: every(2) },
    law: inverted,
  },
  {
    type: nn.DropConnectLinear,
    layer: dropConnect(6, 5),
    shape: (samples) => [samples, 6],
    evaluated(layer, x) {
      const { weight, bias } = layer as nn.DropConnectLinear;
      return F.linear(x, weight, { bias });
    },
    many: { layer: dropConnect(1, 1_000_000), shape: [1, 1] },
    law: inverted,
    atOne: 'other',
    perSample: false,
  },
  {
    type: nn.DropBlock2d,
    layer: (p, config) => new nn.DropBlock2d(p, { ...config, blockSize: 2 }),
    shape: (samples) => [samples, 3, 5, 4],
    many: { layer: (p, config) => new nn.DropBlock2d(p, { ...config, blockSize: 1 }), shape: [10, 10, 100, 100] },
    // Divided by the share that is kept: the variance is (1 − k)/k for a share k of mean 1 − p.
    law: { ...inverted, varianceError: Math.sqrt(familyP * (1 - familyP)) / (1 - familyP) ** 2 },
    atOne: 'other',
  },
  {
    type: nn.ConcreteDropout,
    layer: (p, config) => new nn.ConcreteDropout(p, { ...config, temperature: 1 }),
    shape: (samples) => [samples, 8],
    many: { shape: [1000, 1000] },
    law: concrete,
    atOne: 'refused',
  },
  {
    type: nn.MultiSampleDropout,
    layer: multiSample(() => new nn.Linear(6, 4)),
    shape: (samples) => [samples, 6],
    evaluated: (layer, x) => (layer as nn.MultiSampleDropout).head.forward(x),
    many: { layer: multiSample(() => new nn.Identity()), shape: [1000, 1000] },
    law: meanOf(5, inverted),
    atOne: 'other',
  },
];

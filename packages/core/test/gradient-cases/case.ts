/** What a differentiable operation or layer is proved with: by `finite-differences.test.ts` its gradients, by `bits.test.ts` its bits. */
import { type DType, type nn, type Tensor, tensor } from '@lockstep/core';
import { hashTargets, hashUniform } from '@lockstep/testkit';

export interface Input {
  readonly shape: readonly number[];
  /**
   * `any`: in ±1. `positive`: in [0.5, 1.5]. `spaced`: multiples of 0.1 plus 0.05, all different: far from ties and from 0. A number n:
   * indices i32 below n, which have no gradient.
   */
  readonly kind: 'any' | 'positive' | 'spaced' | number;
}

export interface GradientCase {
  /** The export: `nn.Linear`, `F.linear`, `Tensor.add`, `cat`. */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: Tensor[]) => Tensor;
  readonly module?: nn.Module;
  /** The text of the function that calls the export, where there is no module. */
  readonly text?: string;
  /** It does not work for another length of axis 0. */
  readonly fixedSamples?: true;
  /** Its result is a view, or needs every sample: nothing of it is computed by samples. */
  readonly uncut?: true;
  /** Its draws belong to shards, and its bits with them. */
  readonly ofShards?: true;
}

export const any = (...shape: number[]): Input => ({ shape, kind: 'any' });
export const positive = (...shape: number[]): Input => ({ shape, kind: 'positive' });
export const spaced = (...shape: number[]): Input => ({ shape, kind: 'spaced' });
export const index = (below: number, ...shape: number[]): Input => ({ shape, kind: below });

/** Indices below `classes`, one a sample of x. */
export const labelsOf = (x: Tensor, classes: number): Tensor<'i32'> =>
  tensor(hashTargets('labels', x.shape[0]!, classes), { dtype: 'i32' });

export const op = (name: string, inputs: Input[], run: (...inputs: Tensor[]) => Tensor): GradientCase => ({
  name,
  inputs,
  text: run.toString(),
  run: (tensors) => run(...tensors),
});

export const layer = (name: string, inputs: Input[], module: nn.Module): GradientCase => ({
  name,
  inputs,
  module,
  run: (tensors) => module.forward(...tensors),
});

export const fixed = (entry: GradientCase): GradientCase => ({ ...entry, fixedSamples: true });
export const uncut = (entry: GradientCase): GradientCase => ({ ...entry, uncut: true });

function valuesOf({ shape, kind }: Input, name: string): Float32Array | Int32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  if (typeof kind === 'number') return hashTargets(name, count, kind);
  const values = hashUniform(name, count);
  if (kind === 'any') return values;
  if (kind === 'positive') return values.map((value) => value / 2 + 1);
  const ranks = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  return values.map((_, i) => (ranks.indexOf(i) - Math.floor(count / 2)) * 0.1 + 0.05);
}

/** The inputs of a case, those of floats as leaves, from the hash of `title`. */
export function leavesOf(inputs: readonly Input[], title: string): Tensor[] {
  return inputs.map((input, i) => {
    const options = typeof input.kind === 'number' ? ({ dtype: 'i32' } as const) : { requiresGrad: true };
    return tensor<DType>(valuesOf(input, `${title}/${i}`), { shape: input.shape, ...options }) as Tensor;
  });
}

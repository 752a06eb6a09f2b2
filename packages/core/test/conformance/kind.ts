/**
 * What is proved of the exports of `nn` and `F`, and from what. A table names every export of one kind and says how to call it; the golden
 * file of that kind brings the cases; `prove-kind.ts` makes three proofs of each pair: PyTorch's values and gradients, central differences, and
 * the same bits for any number of workers and shards. Another kind is another table and another golden file.
 */
import { type nn, Tensor, tensor } from '@lockstep/core';
import { type GoldenArray, goldenArray, type OperationCase } from '@lockstep/testkit';
import { goldenJson } from '../golden-file.ts';

// biome-ignore lint/suspicious/noExplicitAny: options of any function, as the JSON file has them.
export type Options = any;
// biome-ignore lint/suspicious/noExplicitAny: inputs are f32 or i32, as the case says.
export type Inputs = Readonly<Record<string, Tensor<any>>>;

/** How one export is called with the inputs and options of a golden case. */
export interface Subject {
  /** The `op` of its golden cases. */
  readonly golden: string;
  readonly run: (inputs: Inputs, options: Options) => Tensor;
  /** Where `input` must not be for central differences: there the derivative jumps. Default: nowhere. */
  readonly kinks?: (options: Options) => readonly number[];
  /** Inputs that all samples share, such as weights. Default: none; axis 0 of the others counts the samples. */
  readonly shared?: readonly string[];
  /** Whether the result is computed in shards. Default: wherever it has a sample's part for each sample. */
  readonly bySamples?: (options: Options) => boolean;
}

/** Export (`F.gelu`, `nn.GELU`) → how it is called. */
export type Table = Readonly<Record<string, Subject>>;

export interface Case extends Omit<OperationCase, 'params' | 'inputs'> {
  readonly options: Options;
  /** Its inputs lie at kinks or limits, where central differences say nothing. */
  readonly edges?: boolean;
  /** Axis 0 does not count samples. */
  readonly unbatched?: boolean;
  readonly inputs: Readonly<Record<string, GoldenArray & { readonly dtype?: 'i32' }>>;
}

export interface Kind {
  readonly table: Table;
  readonly cases: readonly Case[];
}

export function kind(name: string, table: Table): Kind {
  return { table, cases: goldenJson<{ cases: Case[] }>(`conformance-${name}.json`).cases };
}

export function casesOf({ cases }: Kind, { golden }: Subject): readonly Case[] {
  return cases.filter(({ op }) => op === golden);
}

/** Whether there are several samples to cut between. */
export function isSplit(entry: Case): boolean {
  return !entry.unbatched && samplesOf(entry) > 1;
}

/** Whether central differences apply. */
export function isSmooth({ edges, gradients }: Case): boolean {
  return !edges && Object.keys(gradients).length > 0;
}

/** The samples of a case: axis 0 of its first input. */
export function samplesOf({ inputs }: Case): number {
  return Object.values(inputs)[0]!.shape[0] ?? 1;
}

/** The inputs of a case as tensors; those with a gradient in the golden file require one. */
export function tensorsOf(entry: Case): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(entry.inputs).map(([name, array]) => {
      const requiresGrad = name in entry.gradients;
      const options = { shape: array.shape, dtype: array.dtype ?? 'f32', requiresGrad } as const;
      return [name, tensor(goldenArray(array), options) as Tensor];
    }),
  );
}

/** A layer whose parameters are these tensors instead of its own. */
export function withParameters<M extends nn.Module>(layer: M, parameters: Inputs): M {
  for (const [name, value] of Object.entries(parameters)) {
    const own = (layer as unknown as Record<string, unknown>)[name];
    if (!(own instanceof Tensor) || own.shape.join() !== value.shape.join())
      throw new Error(`${layer.describe()} has no parameter ${name} of shape [${value.shape.join(', ')}]`);
  }
  return Object.assign(layer, parameters);
}

/** What a visitor chooses for a run. The same settings give the same weights as `lockstep train seed-net --data mnist` in Node. */

export const optimizerNames = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** Learning rates when none is chosen: those of the command line. */
export const defaultLr: Readonly<Record<OptimizerName, number>> = { sgd: 0.02, adam: 0.001, adamw: 0.001 };

export interface RunSettings {
  /** Trainer workers, ≥ 1. */
  readonly workers: number;
  /** Logical shards of a batch; undefined = chosen by the plan. */
  readonly shards: number | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** The first N training images; undefined = all. */
  readonly limit: number | undefined;
  /** The first N test images; undefined = all. */
  readonly evalLimit: number | undefined;
  /** Probability to drop. */
  readonly dropout: number;
  readonly lr: number;
  /** Of SGD. */
  readonly momentum: number;
  readonly optimizer: OptimizerName;
}

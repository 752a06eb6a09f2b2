/** What the coordinator worker and the page say to each other. */
import type { RunSettings } from './settings.ts';

export interface LossPoint {
  /** Steps done in the run. */
  readonly step: number;
  readonly loss: number;
}

export type RunUpdate =
  | { readonly type: 'loading' }
  | { readonly type: 'training'; readonly epoch: number }
  | {
      readonly type: 'progress';
      readonly epoch: number;
      /** Of the steps since the last update. */
      readonly points: readonly LossPoint[];
      /** Share of right answers in these steps, while training. */
      readonly accuracy: number;
      readonly imagesPerSecond: number;
      /** Part of the whole run that is done, 0…1. */
      readonly done: number;
    }
  | { readonly type: 'evaluating'; readonly epoch: number }
  | {
      readonly type: 'evaluation';
      readonly epoch: number;
      readonly step: number;
      readonly loss: number;
      readonly accuracy: number;
    };

export interface RunSummary {
  readonly weightsHash: string;
  readonly steps: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly testLoss: number | undefined;
  readonly testAccuracy: number | undefined;
  readonly imagesPerSecond: number;
  readonly workers: number;
  readonly shards: number;
  /** The visitor ended the run early. */
  readonly stopped: boolean;
}

export interface CoordinatorApi {
  /** Trains; one run per coordinator. Rejects with an error whose message is one line for the visitor. */
  run(settings: RunSettings, onUpdate: (update: RunUpdate) => void): Promise<RunSummary>;
  /** Ends the run after the current step. */
  stop(): void;
}

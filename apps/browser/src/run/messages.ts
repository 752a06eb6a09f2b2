/** What the coordinator worker and the page say to each other. */
import type { RunSettings } from './settings.ts';

/** The model that was asked for, and the one without dropout beside it. */
export type RunName = 'main' | 'plain';

export interface StepFigures {
  /** Steps done in the run. */
  readonly step: number;
  readonly loss: number;
  /** Share of right answers in the batch, while training. */
  readonly accuracy: number;
}

export interface EvaluationFigures extends StepFigures {
  readonly epoch: number;
}

/** Everything that the charts show of a run. */
export interface RunHistory {
  readonly steps: StepFigures[];
  readonly evaluations: EvaluationFigures[];
}

export type Histories = Readonly<Record<RunName, RunHistory>>;

export interface DataFacts {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly trainCount: number;
  readonly testCount: number;
}

/** A stretch of a worker's time in which it computed; the rest it waited. */
export interface BusySpan {
  /** From the start of the picture. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LanesPicture {
  readonly lengthMs: number;
  /** One a worker. */
  readonly lanes: readonly { readonly busy: readonly BusySpan[]; readonly utilisation: number }[];
}

/** One dropout call for one sample. */
export interface DropoutPicture {
  readonly layer: string;
  readonly p: number;
  readonly step: number;
  /** What comes in while training. */
  readonly before: Float32Array;
  /** 1 = kept. */
  readonly mask: Uint8Array;
  /** What goes out while training: kept elements times 1/(1 − p). */
  readonly after: Float32Array;
  /** What goes out in evaluation. */
  readonly evaluation: Float32Array;
}

export type RunUpdate =
  | { readonly type: 'loading' }
  | {
      readonly type: 'ready';
      readonly data: DataFacts;
      readonly parameters: number;
      /** 1 with `shared` false: this page may not share memory. */
      readonly workers: number;
      readonly shared: boolean;
      /** What went before, of a run that goes on. */
      readonly histories: Histories;
      /** Checkpoints are kept; false: another tab keeps its own, or the browser has no place for them. */
      readonly kept: boolean;
    }
  | { readonly type: 'training'; readonly run: RunName; readonly epoch: number }
  | { readonly type: 'paused'; readonly step: number }
  | {
      readonly type: 'progress';
      readonly run: RunName;
      readonly epoch: number;
      /** The steps since the last update. */
      readonly steps: readonly StepFigures[];
      readonly imagesPerSecond: number;
      /** Part of this run that is done, 0…1. */
      readonly done: number;
    }
  | { readonly type: 'evaluating'; readonly run: RunName; readonly epoch: number }
  | ({ readonly type: 'evaluation'; readonly run: RunName } & EvaluationFigures)
  | {
      readonly type: 'advice';
      readonly run: RunName;
      readonly epoch: number;
      readonly condition: 'overfitting' | 'underfitting';
      readonly message: string;
      readonly suggestion: string;
      readonly source: string;
    }
  | { readonly type: 'lanes'; readonly picture: LanesPicture }
  | { readonly type: 'dropout'; readonly pictures: readonly DropoutPicture[] }
  | { readonly type: 'saved'; readonly step: number }
  | { readonly type: 'notSaved'; readonly reason: string };

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

export interface Mistake {
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Of the wrong class. */
  readonly probability: number;
  /** [C, H, W] */
  readonly pixels: Uint8Array;
}

export interface Mistakes {
  readonly total: number;
  readonly of: number;
  /** Those that the model is surest of. */
  readonly worst: readonly Mistake[];
}

/** What Monte-Carlo dropout says of one image. */
export interface McAnswer {
  readonly passes: number;
  readonly prediction: number;
  /** Of each class. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** In nats. */
  readonly predictiveEntropy: number;
  readonly mutualInformation: number;
}

export interface CoordinatorApi {
  /** Trains; one run per coordinator. Rejects with an error whose message is one line for the visitor. `resume`: from the checkpoint. */
  run(settings: RunSettings, onUpdate: (update: RunUpdate) => void, resume?: boolean): Promise<RunSummary>;
  /** After the current step. */
  pause(): void;
  /** One step, then it is paused. */
  step(): void;
  resume(): void;
  /** Ends the run after the current step. */
  stop(): void;
  /** The test sample whose activations are sent while training; undefined = none. */
  watchDropout(sample: number | undefined): void;
  /** The model as a safetensors file. This and what follows pause the run for as long as they take, and never change it. */
  exportModel(): Promise<Uint8Array>;
  /** Test images that the model gets wrong; none for tables. */
  mistakes(count: number): Promise<Mistakes>;
  /** pixels: [C, H, W] bytes, as the data set's. */
  drawn(pixels: Uint8Array): Promise<McAnswer>;
}

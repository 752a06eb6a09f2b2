/**
 * @lockstep/browser: training on all cores of a visitor's machine, from a page's own script. The page stays responsive, and the weights have
 * the bits that Node gives.
 *
 * The two workers are files beside the page's script: `coordinator.js` and `trainer-worker.js`. See docs/browser.md for vite and esbuild.
 */
import type { RunUpdate } from './run/messages.ts';
import { Session } from './run/session.ts';
import { type DataSource, defaultDropout, defaultLr, defaults, type RunSettings } from './run/settings.ts';

export type { RunUpdate } from './run/messages.ts';
export type { DataSource } from './run/settings.ts';

export interface TrainOptions extends Partial<Omit<RunSettings, 'data' | 'keep' | 'profile' | 'compare'>> {
  /** Arrays of the page's own, a `File` with a table, files of a folder of images, or a served data set. */
  readonly data: DataSource;
  /** Called some times a second. */
  readonly onUpdate?: (update: RunUpdate) => void;
  /** Ends the run after the current step; the result says so. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** SHA-256 of the parameters: that of `lockstep train` in Node with the same data and settings. */
  readonly weightsHash: string;
  /** The weights, a safetensors file by PyTorch's names. */
  readonly model: Uint8Array;
  readonly steps: number;
  readonly epochs: number;
  readonly trainLoss: number;
  /** Undefined without test data. */
  readonly testLoss: number | undefined;
  readonly testAccuracy: number | undefined;
  readonly imagesPerSecond: number;
  /** Threads that computed: 1 on a page that is not cross-origin isolated. */
  readonly workers: number;
  readonly stopped: boolean;
}

/**
 * Trains a network. What is left out is as in the command line: the seed network, 5 epochs, batches of 128, SGD with momentum 0.9, seed 0,
 * a worker a core.
 *
 * @throws Error, in one line, for data or settings that do not fit.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { onUpdate = () => {}, signal, ...chosen } = options;
  const { model = defaults.model, optimizer = defaults.optimizer } = chosen;
  const settings: RunSettings = {
    ...defaults,
    workers: navigator.hardwareConcurrency,
    dropout: defaultDropout[model],
    lr: defaultLr[optimizer],
    ...chosen,
    ...{ compare: false, keep: false, profile: false },
  };
  const session = new Session();
  const stop = (): void => void session.ask((api) => api.stop());
  signal?.addEventListener('abort', stop);
  try {
    if (signal?.aborted) stop();
    const { shards: _, ...summary } = await session.run(settings, onUpdate);
    return { ...summary, model: await session.ask((api) => api.exportModel()) };
  } finally {
    signal?.removeEventListener('abort', stop);
    session.close();
  }
}

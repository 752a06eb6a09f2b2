/** Between the trainer's events, one a step, and the page: keeps the history of a run, and hands steps on a few times a second. */
import type { TrainEvent } from '@lockstep/scheduler';
import type { RunHistory, RunName, RunUpdate, StepFigures } from '../run/messages.ts';

const intervalMs = 100;

export class ProgressFeed {
  readonly history: RunHistory;
  readonly #run: RunName;
  readonly #send: (update: RunUpdate) => void;
  readonly #epochs: number;
  #steps: StepFigures[] = [];
  #place = { epoch: 1, done: 0 };
  #samples = 0;
  #sentMs = performance.now();

  constructor(options: { run: RunName; send: (update: RunUpdate) => void; epochs: number; history: RunHistory }) {
    this.#run = options.run;
    this.#send = options.send;
    this.#epochs = options.epochs;
    this.history = options.history;
  }

  /** Training begins or goes on now: time spent before does not count. */
  enter(epoch: number): void {
    this.#sentMs = performance.now();
    this.#send({ type: 'training', run: this.#run, epoch });
  }

  take(event: TrainEvent): void {
    const run = this.#run;
    switch (event.type) {
      case 'step': {
        const { epoch, step, loss, samples, accuracy, epochSamples, epochSize } = event;
        const figures = { step, loss, accuracy };
        this.history.steps.push(figures);
        this.#steps.push(figures);
        this.#samples += samples;
        this.#place = { epoch, done: (epoch - 1 + epochSamples / epochSize) / this.#epochs };
        if (epochSamples === epochSize || performance.now() - this.#sentMs >= intervalMs) this.flush();
        return;
      }
      case 'epoch':
        this.#send({ type: 'evaluating', run, epoch: event.epoch });
        return;
      case 'evaluation': {
        const { epoch, step, testLoss: loss, testAccuracy: accuracy } = event;
        this.history.evaluations.push({ epoch, step, loss, accuracy });
        this.#send({ type: 'evaluation', run, epoch, step, loss, accuracy });
        if (epoch < this.#epochs) this.enter(epoch + 1);
        return;
      }
      case 'advice': {
        const { epoch, condition, message, suggestion, source } = event;
        this.#send({ type: 'advice', run, epoch, condition, message, suggestion, source });
        return;
      }
      case 'worker':
        // The run goes on to the same bits.
        return;
      case 'nonFinite':
        // The page trains with 'stop': an error ends the run.
        return;
      default:
        event satisfies never;
    }
  }

  /** Hands on what is left. */
  flush(): void {
    if (this.#steps.length === 0) return;
    const nowMs = performance.now();
    const imagesPerSecond = (1000 * this.#samples) / Math.max(1, nowMs - this.#sentMs);
    this.#send({ type: 'progress', run: this.#run, ...this.#place, steps: this.#steps, imagesPerSecond });
    this.#steps = [];
    this.#samples = 0;
    this.#sentMs = nowMs;
  }
}

/** Between the trainer's events, one a step, and the page: gathers steps and hands them on a few times a second. */
import type { TrainEvent } from '@lockstep/scheduler';
import type { LossPoint, RunUpdate } from './messages.ts';

const intervalMs = 100;

export class ProgressFeed {
  readonly #send: (update: RunUpdate) => void;
  readonly #epochs: number;
  #points: LossPoint[] = [];
  #right = 0;
  #samples = 0;
  #sentMs = performance.now();

  constructor(options: { send: (update: RunUpdate) => void; epochs: number }) {
    this.#send = options.send;
    this.#epochs = options.epochs;
  }

  /** Training begins now: time spent before does not count. */
  start(): void {
    this.#enterEpoch(1);
  }

  take(event: TrainEvent): void {
    switch (event.type) {
      case 'step': {
        const { epoch, step, loss, samples, accuracy, epochSamples, epochSize } = event;
        this.#points.push({ step, loss });
        this.#samples += samples;
        this.#right += accuracy * samples;
        const last = epochSamples === epochSize;
        if (last || performance.now() - this.#sentMs >= intervalMs) {
          this.#flush(epoch, (epoch - 1 + epochSamples / epochSize) / this.#epochs);
        }
        return;
      }
      case 'epoch':
        this.#send({ type: 'evaluating', epoch: event.epoch });
        return;
      case 'evaluation': {
        const { epoch, step, testLoss: loss, testAccuracy: accuracy } = event;
        this.#send({ type: 'evaluation', epoch, step, loss, accuracy });
        if (epoch < this.#epochs) this.#enterEpoch(epoch + 1);
        return;
      }
      case 'advice':
      case 'nonFinite':
        // The page trains with 'stop', and draws the losses that the advice is about.
        return;
      default:
        event satisfies never;
    }
  }

  #enterEpoch(epoch: number): void {
    this.#sentMs = performance.now();
    this.#send({ type: 'training', epoch });
  }

  #flush(epoch: number, done: number): void {
    const nowMs = performance.now();
    const imagesPerSecond = (1000 * this.#samples) / Math.max(1, nowMs - this.#sentMs);
    this.#send({
      type: 'progress',
      epoch,
      points: this.#points,
      accuracy: this.#right / this.#samples,
      imagesPerSecond,
      done,
    });
    this.#points = [];
    this.#right = 0;
    this.#samples = 0;
    this.#sentMs = nowMs;
  }
}

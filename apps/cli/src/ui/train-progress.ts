/** Turns the trainer's events into a progress bar on a terminal, or into a plain line now and then elsewhere. */
import { styleText } from 'node:util';
import type {
  AdviceEvent,
  EpochEvent,
  EvaluationEvent,
  NonFiniteEvent,
  StepEvent,
  TrainEvent,
  WorkerEvent,
} from '@lockstep/scheduler';
import { clock, grouped, percent } from './format.ts';
import { bar, type LiveLine } from './live-line.ts';
import { metricsLine } from './metric-tables.ts';

/** Events come in bursts; more often than this nobody can read. */
const redrawMs = 80;
const plainLineMs = 5000;
/** Weight of the past in the running means of loss and accuracy. */
const memory = 0.97;

export class TrainProgress {
  readonly #line: LiveLine;
  readonly #epochs: number;
  readonly #stream: NodeJS.WriteStream;
  #samples = 0;
  #trainingMs = 0;
  #markMs = performance.now();
  #drawnMs = performance.now();
  #loss = Number.NaN;
  #accuracy = Number.NaN;

  constructor(line: LiveLine, options: { epochs: number; stream: NodeJS.WriteStream }) {
    this.#line = line;
    this.#epochs = options.epochs;
    this.#stream = options.stream;
  }

  report(event: TrainEvent): void {
    const nowMs = performance.now();
    // Evaluation does not count as training time.
    if (event.type === 'step') this.#trainingMs += nowMs - this.#markMs;
    this.#markMs = nowMs;
    if (event.type === 'step') this.#step(event, nowMs);
    else if (event.type === 'epoch') this.#epoch(event);
    else if (event.type === 'evaluation') this.#evaluation(event);
    else if (event.type === 'nonFinite') this.#nonFinite(event);
    else if (event.type === 'advice') this.#advice(event);
    else this.#worker(event);
  }

  #step(event: StepEvent, nowMs: number): void {
    this.#samples += event.samples;
    this.#loss = blend(this.#loss, event.loss);
    this.#accuracy = blend(this.#accuracy, event.accuracy);
    if (nowMs - this.#drawnMs < (this.#line.live ? redrawMs : plainLineMs)) return;
    this.#drawnMs = nowMs;
    if (this.#line.live) this.#line.show(this.#bar(event));
    else this.#line.keep(this.#text(event));
  }

  #bar(event: StepEvent): string {
    const text = this.#text(event);
    const share = event.epochSamples / event.epochSize;
    const width = Math.min(30, this.#line.columns - text.length - 2);
    return width < 5 ? text : `${styleText('cyan', bar(share, width), { stream: this.#stream })} ${text}`;
  }

  #text(event: StepEvent): string {
    const perSecond = (1000 * this.#samples) / this.#trainingMs;
    const left = (this.#epochs - event.epoch + 1) * event.epochSize - event.epochSamples;
    const parts = [
      `epoch ${event.epoch}/${this.#epochs}`,
      percent(event.epochSamples / event.epochSize, 0).padStart(5),
      `${grouped(perSecond)} images/s`,
      `loss ${this.#loss.toFixed(4)}`,
      `accuracy ${percent(this.#accuracy, 1)}`,
      `ETA ${clock(left / perSecond)}`,
    ];
    return parts.join('  ');
  }

  #epoch(event: EpochEvent): void {
    const { trainLoss, trainAccuracy, samplesPerSecond } = event;
    const text = `epoch ${event.epoch}/${this.#epochs}  train loss ${trainLoss.toFixed(4)}  accuracy ${percent(trainAccuracy)}  ${grouped(samplesPerSecond)} images/s`;
    this.#line.keep(text);
    this.#line.show(`epoch ${event.epoch}/${this.#epochs}  evaluating …`);
  }

  #evaluation(event: EvaluationEvent): void {
    const text = `epoch ${event.epoch}/${this.#epochs}  test  loss ${event.testLoss.toFixed(4)}  accuracy ${percent(event.testAccuracy)}${metricsLine(event.metrics)}`;
    this.#line.keep(styleText('green', text, { stream: this.#stream }));
  }

  #nonFinite({ action, step, finding, lr }: NonFiniteEvent): void {
    const did = action === 'skip' ? `step ${step + 1} was left out` : `back to step ${step}, learning rate ${lr}`;
    this.#line.keep(styleText('yellow', `warning: ${did}: ${finding}`, { stream: this.#stream }));
  }

  #advice({ message, suggestion }: AdviceEvent): void {
    this.#line.keep(styleText('yellow', `advice: ${message}; ${suggestion}`, { stream: this.#stream }));
  }

  #worker({ message, replayed, seconds, workers }: WorkerEvent): void {
    const again = `${replayed} ${replayed === 1 ? 'step' : 'steps'} again, ${seconds.toFixed(1)} s lost`;
    const text = `${message}; going on with ${workers} ${workers === 1 ? 'worker' : 'workers'}: ${again}`;
    this.#line.keep(styleText('yellow', text, { stream: this.#stream }));
  }
}

function blend(mean: number, value: number): number {
  return Number.isNaN(mean) ? value : memory * mean + (1 - memory) * value;
}

/** What the page shows of a run: status line, progress, figures, chart and fingerprint. */
import type { RunSummary, RunUpdate } from '../run/messages.ts';
import { element } from './elements.ts';
import { LossChart } from './loss-chart.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export class RunView {
  readonly #status = element('status', HTMLElement);
  readonly #notice = element('notice', HTMLElement);
  readonly #progress = element('progress', HTMLProgressElement);
  readonly #hash = element('weights-hash', HTMLOutputElement);
  readonly #figures = {
    loss: element('loss', HTMLElement),
    accuracy: element('accuracy', HTMLElement),
    test: element('test-accuracy', HTMLElement),
    speed: element('speed', HTMLElement),
  };
  readonly #chart = new LossChart(element('chart', HTMLElement));
  #epochs = 0;

  /** A new run of so many epochs. */
  begin(epochs: number): void {
    this.#epochs = epochs;
    this.#notice.hidden = true;
    this.#progress.value = 0;
    this.#hash.value = '–';
    for (const figure of Object.values(this.#figures)) figure.textContent = '–';
    this.#chart.clear();
  }

  set status(text: string) {
    // Only on a change: a screen reader speaks every write.
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** An error or a warning, in one line. */
  notice(text: string): void {
    this.#notice.textContent = text;
    this.#notice.hidden = false;
  }

  show(update: RunUpdate): void {
    switch (update.type) {
      case 'loading':
        this.status = 'Loading MNIST…';
        return;
      case 'training':
        this.status = `Training epoch ${update.epoch} of ${this.#epochs}…`;
        return;
      case 'progress':
        this.#progress.value = update.done;
        this.#figures.loss.textContent = (update.points.at(-1)?.loss ?? Number.NaN).toFixed(4);
        this.#figures.accuracy.textContent = percent.format(update.accuracy);
        this.#figures.speed.textContent = whole.format(update.imagesPerSecond);
        this.#chart.addSteps(update.points);
        return;
      case 'evaluating':
        this.status = `Evaluating after epoch ${update.epoch} of ${this.#epochs}…`;
        return;
      case 'evaluation':
        this.#figures.test.textContent = percent.format(update.accuracy);
        this.#chart.addTest(update);
        return;
      default:
        update satisfies never;
    }
  }

  finish(summary: RunSummary): void {
    const { steps, workers, shards, imagesPerSecond, stopped } = summary;
    if (!stopped) this.#progress.value = 1;
    if (Number.isFinite(imagesPerSecond)) this.#figures.speed.textContent = whole.format(imagesPerSecond);
    this.#hash.value = summary.weightsHash;
    const how = `${counted(steps, 'step')}, ${counted(workers, 'worker')}, ${counted(shards, 'shard')}`;
    this.status = stopped ? `Stopped after ${how}.` : `Done: ${how}.`;
  }
}

function counted(count: number, what: string): string {
  return `${whole.format(count)} ${what}${count === 1 ? '' : 's'}`;
}

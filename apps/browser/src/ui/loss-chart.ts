/** The live chart: the loss of every step, its running mean, and the loss on the test images after each epoch. */
import uPlot from 'uplot';
import type { LossPoint } from '../run/messages.ts';

const heightPx = 280;
/** Weight of the newest step in the running mean. */
const newest = 0.1;

type Column = (number | null)[];

export class LossChart {
  readonly #plot: uPlot;
  #steps: number[] = [];
  #losses: Column = [];
  #means: Column = [];
  #tests: Column = [];
  #sum = 0;
  #weight = 0;
  #frame = 0;

  constructor(container: HTMLElement) {
    this.#plot = new uPlot(chartOptions(widthOf(container)), this.#columns(), container);
    new ResizeObserver(() => this.#plot.setSize({ width: widthOf(container), height: heightPx })).observe(container);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.#plot.redraw(false));
  }

  clear(): void {
    this.#steps = [];
    this.#losses = [];
    this.#means = [];
    this.#tests = [];
    this.#sum = 0;
    this.#weight = 0;
    this.#draw();
  }

  addSteps(points: readonly LossPoint[]): void {
    for (const { step, loss } of points) {
      this.#sum += newest * (loss - this.#sum);
      this.#weight += newest * (1 - this.#weight);
      this.#steps.push(step);
      this.#losses.push(loss);
      this.#means.push(this.#sum / this.#weight);
      this.#tests.push(null);
    }
    this.#draw();
  }

  /** A loss on the test images, after a step that was added before. */
  addTest(point: LossPoint): void {
    const at = this.#steps.lastIndexOf(point.step);
    if (at >= 0) this.#tests[at] = point.loss;
    this.#draw();
  }

  #columns(): uPlot.AlignedData {
    return [this.#steps, this.#losses, this.#means, this.#tests];
  }

  /** Once a frame at most. */
  #draw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#plot.setData(this.#columns());
    });
  }
}

function chartOptions(width: number): uPlot.Options {
  const axis = {
    stroke: () => color('--quiet'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
  };
  const value = (_: uPlot, loss: number | null) => (loss === null ? '–' : loss.toFixed(3));
  return {
    width,
    height: heightPx,
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] } },
    axes: [
      { ...axis, size: 32 },
      { ...axis, size: 48 },
    ],
    series: [
      { label: 'Step' },
      { label: 'Loss', stroke: () => color('--faint'), width: 1, points: { show: false }, value },
      { label: 'Mean', stroke: () => color('--accent'), width: 2, points: { show: false }, value },
      {
        label: 'Test',
        stroke: () => color('--test'),
        paths: () => null,
        points: { show: true, size: 9, fill: () => color('--test') },
        value,
      },
    ],
  };
}

function widthOf(container: HTMLElement): number {
  return Math.max(200, Math.floor(container.getBoundingClientRect().width));
}

/** What the style sheet gives for light or dark: a canvas cannot read variables by itself. */
function color(name: string): string {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

const probe = document.body.appendChild(document.createElement('span'));
probe.hidden = true;

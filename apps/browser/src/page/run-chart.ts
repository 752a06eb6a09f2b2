/** A live chart of two runs, with and without dropout: lines while training, points on the test data after each epoch. */
import uPlot from 'uplot';
import { type Key, percent, t } from '../i18n/index.ts';
import type { Histories } from '../run/messages.ts';
import { chartColumns } from './chart-columns.ts';
import { color } from './colors.ts';

const heightPx = 240;
/** Charts are drawn anew this often at most, so that the page stays quick. */
const drawMs = 250;

const names: readonly Key[] = ['seriesStep', 'seriesTrain', 'seriesTest', 'seriesTrainPlain', 'seriesTestPlain'];

export class RunChart {
  readonly #what: 'loss' | 'accuracy';
  readonly #plot: uPlot;
  #histories: Histories | undefined;
  #timer = 0;
  #compares = false;

  constructor(what: 'loss' | 'accuracy', container: HTMLElement) {
    this.#what = what;
    this.#plot = new uPlot(options(what, widthOf(container)), [[], [], [], [], []], container);
    new ResizeObserver(() => this.#plot.setSize({ width: widthOf(container), height: heightPx })).observe(container);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw(false));
    this.#showPlain(false);
  }

  /** The picture, for an export. */
  get canvas(): HTMLCanvasElement {
    return this.#plot.ctx.canvas;
  }

  show(histories: Histories, compares: boolean): void {
    this.#histories = histories;
    if (compares !== this.#compares) this.#showPlain(compares);
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0;
      this.#plot.setData(chartColumns(this.#histories!, this.#what));
    }, drawMs);
  }

  translate(): void {
    const labels = this.#plot.root.querySelectorAll('.u-legend .u-label');
    for (const [i, name] of names.entries()) {
      this.#plot.series[i]!.label = t(name);
      if (labels[i]) labels[i].textContent = t(name);
    }
  }

  #showPlain(shows: boolean): void {
    this.#compares = shows;
    for (const series of [3, 4]) this.#plot.setSeries(series, { show: shows });
    this.#plot.root.classList.toggle('one-run', !shows);
  }
}

function options(what: 'loss' | 'accuracy', width: number): uPlot.Options {
  const axis = {
    stroke: () => color('--quiet'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
  };
  const format = (value: number) => (what === 'loss' ? value.toFixed(3) : percent(value, 1));
  const value = (_: uPlot, shown: number | null) => (shown === null || shown === undefined ? '–' : format(shown));
  const line = (name: string, dash: number[]) => ({
    stroke: () => color(name),
    ...{ width: 2, dash, points: { show: false }, spanGaps: true, value },
  });
  const points = (name: string, dash: number[]) => ({
    stroke: () => color(name),
    points: { show: true, size: 8, fill: () => color(name) },
    ...{ width: 1, dash, spanGaps: true, value },
  });
  const series = [
    {},
    line('--accent', []),
    points('--test', []),
    line('--accent-plain', [6, 4]),
    points('--test-plain', [6, 4]),
  ];
  return {
    width,
    height: heightPx,
    scales: {
      x: { time: false },
      y:
        what === 'loss'
          ? { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] }
          : { range: (_, min) => [Math.max(0, Math.min(0.9, min)), 1] },
    },
    axes: [
      { ...axis, size: 32 },
      {
        ...axis,
        size: 56,
        values: (_, ticks) => ticks.map((tick) => (what === 'loss' ? String(tick) : percent(tick, tick > 0.9 ? 1 : 0))),
      },
    ],
    series: series.map((of, i) => ({ ...of, label: t(names[i]!) })),
  };
}

function widthOf(container: HTMLElement): number {
  return Math.max(200, Math.floor(container.getBoundingClientRect().width));
}

/** Leads the runs of a page through their epochs, in slices: pauses, single steps and questions happen between two of them. */
import { type Pool, Profiler } from '@lockstep/scheduler';
import type { Histories, RunName, RunUpdate } from '../run/messages.ts';
import type { RunSettings } from '../run/settings.ts';
import { probeDropout, sampleOf } from './dropout-probe.ts';
import { lanesOf } from './lanes.ts';
import type { LoadedData } from './load-data.ts';
import { mayShare } from './open-pool.ts';
import { ProgressFeed } from './progress-feed.ts';
import type { TrainingRun } from './training-run.ts';

export interface ConductorParts {
  readonly settings: RunSettings;
  readonly data: LoadedData;
  readonly pool: Pool;
  /** The one that was asked for first. */
  readonly runs: readonly TrainingRun[];
  readonly histories: Histories;
  readonly send: (update: RunUpdate) => void;
  /** States were taken; between two steps. */
  readonly onState: () => void;
}

/** Pictures of dropout and of the workers are sent this often at most. */
const pictureMs = 700;
const profiledSteps = 4;

export class Conductor {
  readonly #parts: ConductorParts;
  readonly #feeds: Readonly<Record<RunName, ProgressFeed>>;
  readonly #questions: (() => Promise<void>)[] = [];
  #slice = new AbortController();
  #wish: 'run' | 'step' | 'pause' | 'stop' = 'run';
  #wake: () => void = () => {};
  #driving = false;
  #answered: Promise<void> = Promise.resolve();
  #watched: number | undefined;
  #pictureMs = 0;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    const { send, settings, histories } = parts;
    const feed = (run: RunName) => new ProgressFeed({ run, send, epochs: settings.epochs, history: histories[run] });
    this.#feeds = { main: feed('main'), plain: feed('plain') };
  }

  /** All epochs of all runs, epoch by epoch in turn where there are several. Returns whether they were completed. */
  async drive(): Promise<boolean> {
    const completed = await this.#lead();
    // With the weights as they are in the end.
    if (this.#watched !== undefined) this.#sendDropout();
    return completed;
  }

  async #lead(): Promise<boolean> {
    const { runs, settings } = this.#parts;
    this.#driving = true;
    try {
      for (let epoch = runs.length > 1 ? 1 : settings.epochs; epoch <= settings.epochs; epoch++)
        for (const run of runs)
          while (run.epochs < epoch) {
            await this.#betweenSlices();
            if (this.#wish === 'stop') return false;
            await this.#advance(run, epoch);
          }
      return true;
    } finally {
      this.#driving = false;
      await this.#answer();
    }
  }

  pause(): void {
    if (this.#wish !== 'stop') this.#ask('pause');
  }

  step(): void {
    if (this.#wish !== 'stop') this.#ask('step');
  }

  resume(): void {
    if (this.#wish !== 'stop') this.#ask('run');
  }

  stop(): void {
    this.#ask('stop');
  }

  watchDropout(sample: number | undefined): void {
    this.#watched = sample;
    this.#pictureMs = 0;
    if (sample !== undefined && (!this.#driving || this.#wish === 'pause'))
      void this.between(async () => this.#sendDropout());
  }

  /** Does something with the models between two steps. */
  between<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#questions.push(() => work().then(resolve, reject));
    if (this.#driving) {
      this.#slice.abort();
      this.#wake();
    } else void this.#answer();
    return promise;
  }

  #ask(wish: 'run' | 'step' | 'pause' | 'stop'): void {
    this.#wish = wish;
    if (wish !== 'run') this.#slice.abort();
    this.#wake();
  }

  async #betweenSlices(): Promise<void> {
    for (let told = false; ; ) {
      await this.#answer();
      if (this.#wish !== 'pause') return;
      if (!told) {
        this.#parts.send({ type: 'paused', step: this.#parts.runs[0]!.optimizer.steps });
        if (this.#watched !== undefined) this.#sendDropout();
      }
      told = true;
      await new Promise<void>((wake) => {
        this.#wake = wake;
        if (this.#questions.length > 0 || this.#wish !== 'pause') wake();
      });
    }
  }

  /** One after the other: two at once would wait for each other's workers. */
  #answer(): Promise<void> {
    this.#answered = this.#answered.then(async () => {
      for (let question = this.#questions.shift(); question; question = this.#questions.shift()) await question();
    });
    return this.#answered;
  }

  async #advance(run: TrainingRun, epochs: number): Promise<void> {
    const { pool, settings, onState } = this.#parts;
    const feed = this.#feeds[run.name];
    const oneStep = this.#wish === 'step';
    if (oneStep) this.#wish = 'pause';
    this.#slice = new AbortController();
    const profiler = settings.profile && mayShare() ? new Profiler({ steps: profiledSteps }) : undefined;
    feed.enter(Math.min(run.epochs + 1, settings.epochs));
    await run.advance({
      ...{ epochs, pool, profiler, oneStep, onState },
      signal: this.#slice.signal,
      onEvent: (event) => {
        feed.take(event);
        if (event.type === 'step') this.#sendPictures(run, profiler);
      },
    });
    feed.flush();
  }

  /** Between two segments of steps, so that nobody writes the weights. */
  #sendPictures(run: TrainingRun, profiler: Profiler | undefined): void {
    const now = performance.now();
    if (now - this.#pictureMs < pictureMs) return;
    this.#pictureMs = now;
    const picture = profiler && lanesOf(profiler.profile());
    if (picture) this.#parts.send({ type: 'lanes', picture });
    if (this.#watched !== undefined && run.name === 'main') this.#sendDropout();
  }

  #sendDropout(): void {
    const { runs, data, settings, send } = this.#parts;
    const { model, optimizer } = runs[0]!;
    const source = data.test ?? data.train;
    const sample = sampleOf(source, Math.min(this.#watched!, source.count - 1));
    const step = optimizer.steps;
    send({ type: 'dropout', pictures: probeDropout(model, sample, { seed: settings.seed + step, step }) });
  }
}

/** What a run suggests when its losses look like overfitting or underfitting: the monitor's findings, and the model's own dropout. */
import { advise, type DropoutPlace, type DropoutSchedule, dropoutPlaces, type nn, scheduledP } from '@lockstep/core';
import type { AdviceEvent } from './events.ts';
import { type EpochFigures, type Finding, type MonitorState, OverfittingMonitor } from './overfitting-monitor.ts';

export interface AdviserOptions {
  readonly model: nn.Module;
  /** Shape of one sample. */
  readonly inputShape: readonly number[];
  /** The run's; layers may have their own. */
  readonly dropoutSchedule?: DropoutSchedule | undefined;
}

/** The usual p of hidden layers; more seldom helps. */
const usualHidden = 0.5;

const guide =
  'Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting, appendix A (A.2 learning rate and momentum, A.3 max-norm, A.4 p)';
const rates =
  'networks with dropout usually take 10 to 100 times the learning rate, momentum 0.95 to 0.99, and a max-norm of 3 to 4';

export class Adviser {
  readonly #options: AdviserOptions;
  readonly #monitor = new OverfittingMonitor();
  #places: readonly DropoutPlace[] | undefined;

  constructor(options: AdviserOptions) {
    this.#options = options;
  }

  /** What it has seen so far. */
  get state(): MonitorState {
    return this.#monitor.state;
  }

  set state(state: MonitorState) {
    this.#monitor.state = state;
  }

  /** Takes the figures of an epoch; `step`: steps done. */
  afterEpoch(at: Omit<EpochFigures, 'p'> & { step: number }): AdviceEvent[] {
    const { epoch, step } = at;
    const found = this.#monitor.add({ ...at, p: this.#largestP(step - 1) });
    return found.map((finding) => ({
      type: 'advice',
      epoch,
      step,
      condition: finding.condition,
      message: finding.message,
      suggestion: finding.condition === 'overfitting' ? this.#against(finding) : this.#lower(step - 1),
      source: guide,
    }));
  }

  /** p of hidden layers at a step, the largest of all. */
  #largestP(step: number): number {
    return Math.max(0, ...this.#hidden().map((place) => this.#pOf(place, step)));
  }

  #pOf({ schedule, p }: DropoutPlace, step: number): number {
    return scheduledP(schedule ?? this.#options.dropoutSchedule ?? { kind: 'constant' }, p, step);
  }

  #hidden(): readonly DropoutPlace[] {
    this.#places ??= lenient(() => dropoutPlaces(this.#options.model, this.#options)) ?? [];
    return this.#places.filter(({ atInput }) => !atInput);
  }

  #against({ since }: Finding): string {
    const raise = largest(this.#hidden().filter(({ p }) => p < usualHidden));
    if (raise) return `consider raising p = ${raise.p} of ${raise.place} towards ${usualHidden}; ${rates}`;
    if (this.#hidden().length > 0) {
      return `p is ${usualHidden} or more already: consider weight decay, a smaller network, more data, or stopping at epoch ${since}`;
    }
    const advice = lenient(() => advise(this.#options.model, this.#options)) ?? [];
    const missing = advice.filter(({ rule }) => rule === 'missing-dropout');
    // Of several places one in the hidden layers: what is lost at the input is lost to all.
    const place = missing.find((at) => !at.place.endsWith('at the input')) ?? missing[0];
    return place
      ? `consider ${place.suggestion}, ${place.place}; ${rates}`
      : `consider weight decay, a smaller network, more data, or stopping at epoch ${since}`;
  }

  #lower(step: number): string {
    const highest = largest(this.#hidden())!;
    const p = Number(this.#pOf(highest, step).toPrecision(3));
    return `consider a lower p than ${p} for ${highest.place}, or an early schedule; ${rates}`;
  }
}

function largest(places: readonly DropoutPlace[]): DropoutPlace | undefined {
  return places.reduce<DropoutPlace | undefined>((most, at) => (most && most.p >= at.p ? most : at), undefined);
}

/** A model that takes batches of one size only cannot be looked at; advice is then less exact, and the run goes on. */
function lenient<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

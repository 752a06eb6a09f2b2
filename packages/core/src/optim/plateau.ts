/** A learning rate that goes down when a measure stops getting better. */
import type { Optimizer } from './optimizer.ts';

export interface PlateauOptions {
  /** Whether smaller or larger is better. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** The rate is multiplied by this. Default 0.1. */
  readonly factor?: number;
  /** Measures without improvement that are let pass. Default 10. */
  readonly patience?: number;
  /** How much better counts as better. Default 1e-4. */
  readonly threshold?: number;
  /** The threshold is a share of the best measure so far, or a difference. Default 'rel'. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Measures after a reduction that do not count. Default 0. */
  readonly cooldown?: number;
  /** The rate does not go below this. Default 0. */
  readonly minLr?: number;
  /** A reduction by no more than this is left out. Default 1e-8. */
  readonly eps?: number;
}

/** What a plateau remembers, by PyTorch's names. The reduced rates stand in the optimizer's groups. */
export interface PlateauState {
  readonly best: number;
  readonly numBadEpochs: number;
  readonly cooldownCounter: number;
}

/**
 * ReduceLROnPlateau of PyTorch. Give `step` one measure an epoch. It sets the groups' own rates, so a schedule of the optimizer starts from
 * the reduced ones.
 */
export class ReduceLROnPlateau {
  readonly #optimizer: Optimizer;
  readonly #options: Required<PlateauOptions>;
  #best: number;
  #bad = 0;
  #cooling = 0;

  /** @throws RangeError for a factor that is not in [0, 1), and counts and thresholds below 0. */
  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    this.#options = checkPlateauOptions({
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    });
    this.#optimizer = optimizer;
    this.#best = this.#options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** Takes the next measure; returns whether it reduced a rate. A NaN is no improvement. */
  step(measure: number): boolean {
    const { patience, cooldown } = this.#options;
    if (this.#isBetter(measure)) {
      this.#best = measure;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return false;
    this.#cooling = cooldown;
    this.#bad = 0;
    return this.#reduce();
  }

  stateDict(): PlateauState {
    return { best: this.#best, numBadEpochs: this.#bad, cooldownCounter: this.#cooling };
  }

  loadStateDict({ best, numBadEpochs, cooldownCounter }: PlateauState): void {
    this.#best = best;
    this.#bad = numBadEpochs;
    this.#cooling = cooldownCounter;
  }

  #isBetter(measure: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const wanted = thresholdMode === 'rel' ? this.#best * (1 + sign * threshold) : this.#best + sign * threshold;
    return mode === 'min' ? measure < wanted : measure > wanted;
  }

  #reduce(): boolean {
    const { factor, minLr, eps } = this.#options;
    let reduced = false;
    for (const group of this.#optimizer.groups) {
      const lr = Math.max(group.lr * factor, minLr);
      if (!(group.lr - lr > eps)) continue;
      group.lr = lr;
      reduced = true;
    }
    return reduced;
  }
}

function checkPlateauOptions(options: Required<PlateauOptions>): Required<PlateauOptions> {
  const { mode, factor, patience, thresholdMode, cooldown } = options;
  const fail = (name: string, expected: string, got: unknown): never => {
    throw new RangeError(`plateau: ${name} must be ${expected}, got ${String(got)}`);
  };
  if (mode !== 'min' && mode !== 'max') fail('mode', 'min or max', mode);
  if (thresholdMode !== 'rel' && thresholdMode !== 'abs') fail('thresholdMode', 'rel or abs', thresholdMode);
  if (!(factor >= 0 && factor < 1)) fail('factor', 'in [0, 1)', factor);
  for (const [name, value] of Object.entries({ patience, cooldown }))
    if (!Number.isSafeInteger(value) || value < 0) fail(name, 'an integer ≥ 0', value);
  for (const name of ['threshold', 'minLr', 'eps'] as const)
    if (!(options[name] >= 0)) fail(name, 'a number ≥ 0', options[name]);
  return options;
}

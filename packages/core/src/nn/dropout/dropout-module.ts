/** What the dropout layers have in common: a probability, a scope, a seed, a schedule, and that they can be found in a model. */
import type { RandomScope } from '../../ops/random-rows.ts';
import type { Seed } from '../../random/streams.ts';
import * as F from '../functional.ts';
import { Module } from '../module.ts';
import { checkDropoutSchedule, type DropoutSchedule } from './schedule.ts';

export interface DropoutConfig {
  /**
   * `sample` (default): a mask depends on the sample's place in the global batch, so on neither workers nor shards. `worker`: on the
   * logical shard and the place within it, seeded by `workerSeed(root, shard)`, as data-parallel PyTorch seeds each rank.
   */
  readonly scope?: RandomScope;
  /** The root seed of the masks. Default: `manualSeed`'s, or the run's. */
  readonly seed?: Seed;
  /** p as a function of the training step. Default: the run's, or none. Outside of training runs p itself is used. */
  readonly schedule?: DropoutSchedule;
}

/** The base of every layer that draws masks or noise in training and is the identity in evaluation. */
export abstract class DropoutModule extends Module {
  readonly config: DropoutConfig;
  readonly #p: number;

  /** @throws RangeError if p is not in [0, 1], or for a schedule that makes no sense. */
  constructor(p: number, config: DropoutConfig) {
    super();
    F.checkProbability(p, this.constructor.name);
    if (p === 1) this.warnOfAll();
    if (config.schedule) checkDropoutSchedule(config.schedule);
    this.#p = p;
    this.config = config;
  }

  /** The probability to drop. */
  get p(): number {
    return this.#p;
  }

  protected warnOfAll(): void {
    console.warn(`${this.constructor.name}: p = 1 drops every element; the layer returns zeros while training`);
  }

  /** The options of the functional form. */
  protected options(): F.DropoutOptions {
    return { ...this.config, p: this.p, training: this.training };
  }

  override extraRepr(): string {
    return `p=${this.p}, inplace=False`;
  }

  override describe(): string {
    const { scope, schedule } = this.config;
    const parts = [String(this.p), ...(scope === 'worker' ? ['scope: worker'] : [])];
    if (schedule) parts.push(`schedule: ${schedule.kind}`);
    return `${this.constructor.name}(${parts.join(', ')})`;
  }
}

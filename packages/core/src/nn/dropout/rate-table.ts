/** The rates that change from step to step: one slot of words for each different (kind, p, schedule), shared by all programs of a run. */
import type { Pointer } from '@lockstep/kernels';
import { type RateKind, rateSize, rateWords } from '../../ops/dropout-rate.ts';
import { type DropoutSchedule, scheduledP } from './schedule.ts';

/** Slots of a table; the words are set before every step, so there are few. */
const capacity = 32;

interface Slot {
  readonly key: string;
  readonly kind: RateKind;
  readonly p: number;
  readonly schedule: DropoutSchedule;
}

export class RateTable {
  /** 32-bit words of all slots. */
  static readonly words: number = capacity * rateSize;
  readonly #base: Pointer;
  readonly #slots: Slot[] = [];

  /** `base`: the address of `RateTable.words` words that the run sets before each step. */
  constructor(base: Pointer) {
    this.#base = base;
  }

  /** Where the words of a scheduled rate stand. */
  addressOf(rate: Omit<Slot, 'key'>): Pointer {
    const key = JSON.stringify([rate.kind, rate.p, rate.schedule]);
    let index = this.#slots.findIndex((slot) => slot.key === key);
    if (index < 0) index = this.#slots.push({ key, ...rate }) - 1;
    if (index >= capacity)
      throw new RangeError(`dropout schedule: at most ${capacity} different p in one run, got one more: ${rate.p}`);
    return this.#base + index * rateSize * 4;
  }

  /** Puts the words of step `step` (from 0) into `into`. */
  fill(step: number, into: Uint32Array): void {
    this.#slots.forEach(({ kind, p, schedule }, i) => {
      into.set(rateWords(kind, scheduledP(schedule, p, step)), i * rateSize);
    });
  }
}

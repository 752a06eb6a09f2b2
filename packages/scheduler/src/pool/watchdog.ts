/** Tells a segment that hangs from one that takes its time. */
import type { Sync } from '../worker/sync.ts';

/** Looks at the progress this often, or eight times within the limit if that is more often. */
const lookMs = 1000;
const leastLooks = 8;
/** A pause may be this many times as long as the longest that ended well. */
const patience = 10;

export class Watchdog {
  readonly #lookMs: number;
  /** Looks without progress that are too many. */
  readonly #most: number;
  /** Looks without progress, the most that any segment so far had and went on after. */
  #longest = 0;

  /** `hangSeconds`: the least time without progress that counts as hanging. RangeError unless it is a number above 0. */
  constructor(hangSeconds: number) {
    if (!(hangSeconds > 0)) throw new RangeError(`hangSeconds: expected a number above 0, got ${hangSeconds}`);
    this.#lookMs = Math.min(lookMs, (1000 * hangSeconds) / leastLooks);
    this.#most = (1000 * hangSeconds) / this.#lookMs;
  }

  /**
   * Follows a segment; `hangs` resolves with the seconds that it has made no progress for when those are too many. Looks are counted, not
   * time: while the process sleeps or is held up, nothing is taken for a hang.
   */
  follow(sync: Sync): { readonly hangs: Promise<number>; end(): void } {
    const { promise: hangs, resolve } = Promise.withResolvers<number>();
    let last = sync.progress;
    let quiet = 0;
    const timer = setInterval(() => {
      const now = sync.progress;
      if (now.some((word, i) => word !== last[i])) {
        // The wait for a thread that starts says nothing of how long tasks take.
        if (now[0] === last[0]) this.#longest = Math.max(this.#longest, quiet);
        quiet = 0;
      } else if (++quiet > Math.max(this.#most, patience * this.#longest)) {
        clearInterval(timer);
        resolve((quiet * this.#lookMs) / 1000);
      }
      last = now;
    }, this.#lookMs);
    return { hangs, end: () => clearInterval(timer) };
  }
}

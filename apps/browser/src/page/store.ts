/** The state of the page in one place; parts of the page follow the fields that they show. */

import type { Key } from '../i18n/index.ts';
import type { DataFacts, DropoutPicture, Histories, LanesPicture, RunName, RunSummary } from '../run/messages.ts';
import type { Session } from '../run/session.ts';
import type { RunSettings } from '../run/settings.ts';

/** A text of the page, kept untranslated so that it follows the language. */
export interface Message {
  readonly key: Key;
  readonly values?: Readonly<Record<string, string | number>>;
}

export interface Hint {
  readonly run: RunName;
  readonly message: string;
  readonly suggestion: string;
  readonly source: string;
}

/** `idle`: nothing was trained yet, or it failed; `finished`: there is a model. */
export type Phase = 'idle' | 'starting' | 'running' | 'pausing' | 'paused' | 'stopping' | 'finished';

export interface PageState {
  readonly phase: Phase;
  readonly status: Message;
  /** An error, in one line. */
  readonly notice: string | undefined;
  /** Of the run that is shown. */
  readonly settings: RunSettings | undefined;
  readonly session: Session | undefined;
  readonly facts: DataFacts | undefined;
  readonly workers: number;
  readonly kept: Message | undefined;
  /** Grow in place; each growth sets them anew. */
  readonly histories: { readonly of: Histories };
  readonly imagesPerSecond: number;
  /** 0…1 of each run. */
  readonly done: Readonly<Record<RunName, number>>;
  readonly hints: readonly Hint[];
  readonly lanes: LanesPicture | undefined;
  readonly pictures: readonly DropoutPicture[];
  readonly summary: RunSummary | undefined;
}

export const noHistories = (): PageState['histories'] => ({
  of: { main: { steps: [], evaluations: [] }, plain: { steps: [], evaluations: [] } },
});

/** What every run begins with. */
export const freshRun = (): Omit<PageState, 'phase' | 'status' | 'settings' | 'session'> => ({
  notice: undefined,
  facts: undefined,
  workers: 0,
  kept: undefined,
  histories: noHistories(),
  imagesPerSecond: Number.NaN,
  done: { main: 0, plain: 0 },
  hints: [],
  lanes: undefined,
  pictures: [],
  summary: undefined,
});

export class Store {
  #state: PageState = {
    ...freshRun(),
    phase: 'idle',
    status: { key: 'ready' },
    settings: undefined,
    session: undefined,
  };
  readonly #followers: { keys: readonly (keyof PageState)[]; follow: (state: PageState) => void }[] = [];

  get state(): PageState {
    return this.#state;
  }

  /** Calls the followers of what changed. */
  set(patch: Partial<PageState>): void {
    const before = this.#state;
    this.#state = { ...before, ...patch };
    const changed = (Object.keys(patch) as (keyof PageState)[]).filter((key) => before[key] !== this.#state[key]);
    for (const { keys, follow } of this.#followers) if (keys.some((key) => changed.includes(key))) follow(this.#state);
  }

  /** Calls `follow` now, and after every change of one of the fields. */
  follow(keys: readonly (keyof PageState)[], follow: (state: PageState) => void): void {
    this.#followers.push({ keys, follow });
    follow(this.#state);
  }
}

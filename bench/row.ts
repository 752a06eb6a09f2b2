/** What a row of the bench is: contenders that do the same work, one figure of each, and the targets it is held against. */

export interface Contender {
  /** Unique in its row. */
  readonly name: string;
  readonly who: 'lockstep' | 'pytorch' | 'peer';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `subject` against another contender, or against PyTorch's best: at least so many times better, or at most such a share of it. */
export interface Target {
  readonly subject: string;
  readonly against: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** `Target.against` for the thread count (and way) that is PyTorch's best in the row. */
export const torchBest = "PyTorch's best";

/** How much work: `full` for figures, `quick` for a look, `smoke` to see that it runs. */
export type Effort = 'full' | 'quick' | 'smoke';

export interface Row {
  readonly name: string;
  /** What it measures. */
  readonly title: string;
  readonly unit: string;
  /** The key of the figure in the contenders' JSON line. */
  readonly figure: string;
  readonly better: 'higher' | 'lower';
  readonly contenders: (effort: Effort) => readonly Contender[];
  readonly targets: readonly Target[];
  /** Only with `--peers` or when named. */
  readonly peers?: boolean;
  /** Rounds at most, for long rows. */
  readonly rounds?: number;
}

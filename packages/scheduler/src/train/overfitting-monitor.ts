/**
 * Watches losses epoch by epoch and says when they look like overfitting, or like underfitting under much dropout.
 *
 * The training loss is measured with dropout on and while the weights still move, the test loss with dropout off at the end of the epoch.
 * So what is compared are trends, each loss with itself: for overfitting the training loss must have fallen and the test loss must have
 * risen, in a trend that is unlikely to be chance. Of their levels only the order is used, each way where it says something in spite of
 * dropout: no overfitting while the test loss is below a training loss that dropout makes higher than it is, no underfitting unless it is.
 */

/** What one epoch gave. */
export interface EpochFigures {
  /** From 1. */
  readonly epoch: number;
  /** Mean over the epoch, dropout on. */
  readonly trainLoss: number;
  /** At the end of the epoch, dropout off. */
  readonly testLoss: number;
  /** Shares of right answers, where there are classes. */
  readonly testAccuracy?: number;
  /** The largest probability to drop at this epoch; 0 without dropout. */
  readonly p: number;
}

export interface Finding {
  readonly condition: 'overfitting' | 'underfitting';
  /** What is seen, with the numbers, in one line. */
  readonly message: string;
  /** For overfitting the epoch of the lowest test loss; for underfitting the first of the epochs that stalled. */
  readonly since: number;
}

/** Epochs at the end that are looked at together. */
const window = 3;
/** A rise below this share of the best test loss, or a fall below it of the training loss, is none. */
const leastChange = 0.02;
/**
 * How many standard deviations a trend must be away from none: below 0.3 % by chance at one look. Six epochs after the best one are the
 * fewest that can reach it, if each is worse than the one before.
 */
const leastTrend = 2.8;
/** p from which on underfitting may come from dropout. */
const highP = 0.3;
/** A training loss that fell by less than this share from one window to the next has stalled. */
const stalled = 0.01;
/** And it is high above this share of the first epoch's. */
const highShare = 0.5;

/** Epochs that are remembered besides the first and the best: a run may have a million, and each is compared with those after the best. */
const longest = 200;

/** What a monitor remembers. */
export interface MonitorState {
  /** The first, the one with the lowest test loss, and the last 200. */
  readonly epochs: readonly EpochFigures[];
  /** What has been found. */
  readonly said: readonly Finding['condition'][];
}

export class OverfittingMonitor {
  #epochs: EpochFigures[] = [];
  #said = new Set<Finding['condition']>();

  get state(): MonitorState {
    return { epochs: [...this.#epochs], said: [...this.#said] };
  }

  set state({ epochs, said }: MonitorState) {
    this.#epochs = [...epochs];
    this.#said = new Set(said);
  }

  /** Takes an epoch in; gives what is found for the first time. Each condition is found once; NaN and ∞ find nothing. */
  add(figures: EpochFigures): Finding[] {
    if (!Number.isFinite(figures.trainLoss) || !Number.isFinite(figures.testLoss)) return [];
    this.#epochs = remembered([...this.#epochs, figures]);
    const found = [overfitting(this.#epochs), underfitting(this.#epochs)].filter((finding) => finding !== undefined);
    const fresh = found.filter(({ condition }) => !this.#said.has(condition));
    for (const { condition } of fresh) this.#said.add(condition);
    return fresh;
  }
}

function remembered(epochs: readonly EpochFigures[]): EpochFigures[] {
  const best = bestOf(epochs);
  return epochs.filter((at, i) => i === 0 || at === best || i >= epochs.length - longest);
}

function bestOf(epochs: readonly EpochFigures[]): EpochFigures {
  return epochs.reduce((least, at) => (at.testLoss < least.testLoss ? at : least));
}

function overfitting(epochs: readonly EpochFigures[]): Finding | undefined {
  const now = epochs.at(-1)!;
  const best = bestOf(epochs);
  const since = epochs.slice(epochs.indexOf(best) + 1);
  if (since.length < window || trend(since.map(({ testLoss }) => testLoss)) < leastTrend) return undefined;
  const last = epochs.slice(-window);
  const [train, test] = [mean(last.map(({ trainLoss }) => trainLoss)), mean(last.map(({ testLoss }) => testLoss))];
  const fell = best.trainLoss - train > leastChange * best.trainLoss;
  const rose = test - best.testLoss > leastChange * best.testLoss;
  // Where a schedule has lowered p since, the training loss falls for that reason alone.
  const comparable = now.p >= 0.9 * best.p;
  if (!fell || !rose || !comparable || test <= train) return undefined;
  const accuracy =
    now.testAccuracy !== undefined && best.testAccuracy !== undefined && now.testAccuracy > best.testAccuracy
      ? ` (test accuracy still rose, from ${percent(best.testAccuracy)} to ${percent(now.testAccuracy)})`
      : '';
  return {
    condition: 'overfitting',
    since: best.epoch,
    message: `overfitting since epoch ${best.epoch}: train loss fell from ${digits(best.trainLoss)} to ${digits(now.trainLoss)} while the test loss rose from ${digits(best.testLoss)} (best, epoch ${best.epoch}) to ${digits(now.testLoss)}${accuracy}`,
  };
}

function underfitting(epochs: readonly EpochFigures[]): Finding | undefined {
  if (epochs.length < 2 * window) return undefined;
  const [first, now] = [epochs[0]!, epochs.at(-1)!];
  const [before, last] = [epochs.slice(-2 * window, -window), epochs.slice(-window)];
  const both = [...before, ...last];
  if (both.some(({ p }) => p < highP || Math.abs(p - now.p) > 1e-6)) return undefined;
  const train = mean(last.map(({ trainLoss }) => trainLoss));
  const earlier = mean(before.map(({ trainLoss }) => trainLoss));
  const test = mean(last.map(({ testLoss }) => testLoss));
  const earlierTest = mean(before.map(({ testLoss }) => testLoss));
  const still = earlier - train < stalled * earlier && earlierTest - test < stalled * earlierTest;
  const flat = still && test - earlierTest < leastChange * earlierTest;
  if (!flat || train < highShare * first.trainLoss || !(train > (1 + leastChange) * test)) return undefined;
  const change = 100 * (1 - train / earlier);
  return {
    condition: 'underfitting',
    since: before[0]!.epoch,
    message: `underfitting: train loss with dropout on has stalled at ${digits(train)} since epoch ${before[0]!.epoch} (${change < 0 ? `${-rounded(change)} % more` : `${rounded(change)} % less`} in ${window} epochs, ${rounded((100 * train) / first.trainLoss)} % of the first epoch's), above the test loss with dropout off, ${digits(test)}`,
  };
}

/**
 * Mann's and Kendall's test of a trend (Mann 1945): the pairs of which the later is greater, less those of which it is smaller, in
 * standard deviations of that number for values in random order. The epochs after the best one are looked at without it, so that its
 * being the best does not count.
 */
function trend(values: readonly number[]): number {
  const n = values.length;
  let score = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) score += Math.sign(values[i]! - values[j]!);
  return score / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function digits(loss: number): string {
  return loss.toPrecision(3);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

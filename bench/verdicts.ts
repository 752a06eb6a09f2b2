/** From medians to ratios: PyTorch's best, how many times better a contender is, and whether the row's targets are met. */
import { type Row, type Target, torchBest } from './row.ts';
import type { ContenderResult, RowResult } from './run.ts';

export interface Verdict {
  readonly subject: string;
  readonly against: string;
  /** Times better, or the share for `atMost` targets. */
  readonly value: number;
  /** The same for each round, lowest and highest: both were measured within that round. */
  readonly spread: readonly [number, number];
  readonly goal: string;
  readonly met: boolean;
}

/** The best contender of PyTorch by its median; undefined where it did not run. */
export function bestTorch({ row, contenders }: RowResult): ContenderResult | undefined {
  return contenders
    .filter(({ who }) => who === 'pytorch')
    .reduce<ContenderResult | undefined>(
      (best, next) => (best && timesBetter(row.better, best.median, next.median) >= 1 ? best : next),
      undefined,
    );
}

/** How many times better `a` is than `b`: more where higher is better, less where lower is. */
export function timesBetter(better: Row['better'], a: number, b: number): number {
  return better === 'higher' ? a / b : b / a;
}

/** The targets whose contenders ran. */
export function verdicts(result: RowResult): Verdict[] {
  return result.row.targets.flatMap((target) => {
    const find = (name: string): ContenderResult | undefined =>
      name === torchBest ? bestTorch(result) : result.contenders.find((contender) => contender.name === name);
    const [subject, against] = [find(target.subject), find(target.against)];
    return subject && against ? [verdict(target, { subject, against, better: result.row.better })] : [];
  });
}

function verdict(
  target: Target,
  of: { subject: ContenderResult; against: ContenderResult; better: Row['better'] },
): Verdict {
  const ratio = (a: number, b: number): number => (target.atMost === undefined ? timesBetter(of.better, a, b) : a / b);
  const value = ratio(of.subject.median, of.against.median);
  const each = of.subject.values.map((a, round) => ratio(a, of.against.values[round]!));
  const met = value >= (target.atLeast ?? 0) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
  return {
    subject: target.subject,
    against: target.against,
    value,
    spread: [Math.min(...each), Math.max(...each)],
    goal: target.atMost === undefined ? `≥ ${target.atLeast}×` : `≤ ${target.atMost}×`,
    met,
  };
}

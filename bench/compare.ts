/** Results beside saved ones of the same machine: what became faster or slower by more than the rounds spread. */
import { type Machine, machineSlug } from './machine.ts';
import { figure, type SavedResults } from './report.ts';
import type { ContenderResult, RowResult } from './run.ts';
import { bestTorch, timesBetter } from './verdicts.ts';

/** Throws when the saved results are of another machine. */
export function checkComparable(saved: SavedResults, machine: Machine): void {
  const [theirs, ours] = [machineSlug(saved.machine), machineSlug(machine)];
  if (theirs !== ours) throw new Error(`--compare: that result is of ${theirs}, this machine is ${ours}`);
}

/** One line for each contender of ours that the saved results have too. */
export function compareText(saved: SavedResults, results: readonly RowResult[]): string {
  const lines = results.flatMap((now) => {
    const before = saved.rows.find(({ row }) => row.name === now.row.name);
    if (!before) return [];
    return now.contenders.flatMap((contender) => {
      const old = before.contenders.find(({ name }) => name === contender.name);
      return old && contender.who === 'lockstep' ? [line({ now, before, contender, old })] : [];
    });
  });
  return [`\nagainst the saved result (times better; then as ratios to PyTorch's best of the same run)`, ...lines].join(
    '\n',
  );
}

function line(of: { now: RowResult; before: RowResult; contender: ContenderResult; old: ContenderResult }): string {
  const { now, before, contender, old } = of;
  const { better, name } = now.row;
  const change = timesBetter(better, contender.median, old.median);
  const apart = contender.min > old.max || contender.max < old.min;
  const [torchNow, torchBefore] = [bestTorch(now), bestTorch(before)];
  const ratios =
    torchNow && torchBefore
      ? `  ${timesBetter(better, old.median, torchBefore.median).toFixed(2)}× → ${timesBetter(better, contender.median, torchNow.median).toFixed(2)}×`
      : '';
  const word = apart ? (change > 1 ? 'faster' : 'SLOWER') : 'within the spread';
  return `  ${name.padEnd(20)}${contender.name.padEnd(26)}${figure(old.median)} → ${figure(contender.median)}  ${change.toFixed(2)}× ${word}${ratios}`;
}

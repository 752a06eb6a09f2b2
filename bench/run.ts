/**
 * Runs a row: every contender is a process of its own, run in turn for several rounds, so that a noisy machine disturbs all alike.
 * The order turns round by round, so that nobody always runs behind the same neighbour.
 */
import { spawnSync } from 'node:child_process';
import { cleanEnvironment } from './commands.ts';
import { quietWithin } from './machine.ts';
import type { Contender, Effort, Row } from './row.ts';

/** The JSON line of one process. */
export type Line = Readonly<Record<string, unknown>>;

export interface ContenderResult {
  readonly name: string;
  readonly who: Contender['who'];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** One value a round, in the order of the rounds. */
  readonly values: readonly number[];
  /** Share of nonzero inputs of the linear layers, where the contender says so. */
  readonly density?: number;
}

export interface RowResult {
  readonly row: Pick<Row, 'name' | 'title' | 'unit' | 'better' | 'targets'>;
  readonly contenders: readonly ContenderResult[];
  readonly rounds: number;
  readonly measured: string;
  /** Starts of contenders at which other processes kept the cores busy, and all starts. */
  readonly disturbed: { readonly starts: number; readonly of: number };
}

export interface RunOptions {
  readonly rounds: number;
  readonly effort: Effort;
  /** Before each start, wait at most so long for other processes to leave the cores. */
  readonly waitMs: number;
  /** Left out: PyTorch or peers that are not installed. */
  readonly without: readonly Contender['who'][];
  readonly onRound?: (round: number, rounds: number) => void;
}

export function runRow(row: Row, options: RunOptions): RowResult {
  const contenders = row.contenders(options.effort).filter(({ who }) => !options.without.includes(who));
  const rounds = Math.min(options.rounds, row.rounds ?? options.rounds);
  const lines = new Map<string, Line[]>(contenders.map(({ name }) => [name, []]));
  let disturbed = 0;
  for (let round = 0; round < rounds; round++) {
    options.onRound?.(round, rounds);
    for (let i = 0; i < contenders.length; i++) {
      const contender = contenders[(i + round) % contenders.length]!;
      if (!quietWithin(options.waitMs)) disturbed++;
      lines.get(contender.name)!.push(runOnce(contender));
    }
  }
  const { name, title, unit, better, targets } = row;
  return {
    row: { name, title, unit, better, targets },
    contenders: contenders.map((contender) => summary(contender, lines.get(contender.name)!, row.figure)),
    rounds,
    measured: new Date().toISOString(),
    disturbed: { starts: disturbed, of: rounds * contenders.length },
  };
}

/** The last line that the contender prints, which is JSON. Throws when it fails. */
export function runOnce({ name, command, args, env }: Contender): Line {
  const started = performance.timeOrigin + performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...cleanEnvironment(), ...env, BENCH_STARTED_MS: String(started) },
    maxBuffer: 1 << 24,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${name} failed (${signal ?? status}): ${args.join(' ')}\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Line;
}

function summary({ name, who }: Contender, lines: readonly Line[], figure: string): ContenderResult {
  const values = lines.map((line) => {
    const value = line[figure];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${name}: no number "${figure}"`);
    return value;
  });
  const density = lines[0]?.density;
  return {
    name,
    who,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    values,
    ...(typeof density === 'number' ? { density } : {}),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

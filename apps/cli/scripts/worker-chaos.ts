/** Training while its worker threads are ended at random or hang: every run must end with the weights and the metrics of the undisturbed one. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultKind, type FaultOptions, faultKinds, faultsVariable } from './worker-faults.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const faults = new URL('./worker-faults.ts', import.meta.url).href;
const hangSeconds = 2;

export interface WorkerChaosOptions {
  /** Made and removed again by the caller. */
  readonly folder: string;
  /** Options of `train`, without `--out`. */
  readonly train: readonly string[];
  readonly kills: number;
  /** No further run after so many milliseconds. Default: any. */
  readonly withinMs?: number;
  readonly seed: number;
  readonly lifeMs: number;
  readonly hangs: boolean;
  readonly onProgress?: (report: WorkerChaosReport) => void;
}

export interface WorkerChaosReport {
  /** By kind. */
  readonly kills: Record<FaultKind, number>;
  /** Losses that a run has recovered from; two threads that end in one segment are one. */
  recoveries: number;
  replayedSteps: number;
  secondsLost: number;
  runs: number;
  /** Runs that did not end with the weights or the metrics of the undisturbed one. */
  different: number;
}

/** Trains until there are enough kills or the time is over. Rejects when a run fails. */
export async function workerChaos(options: WorkerChaosOptions): Promise<WorkerChaosReport> {
  const { folder, withinMs = Number.POSITIVE_INFINITY, lifeMs, hangs } = options;
  const log = join(folder, 'faults.txt');
  const undisturbed = await trained(join(folder, 'no-faults'), options.train);
  const kills = { terminate: 0, exit: 0, throw: 0, hang: 0 };
  const report: WorkerChaosReport = { kills, recoveries: 0, replayedSteps: 0, secondsLost: 0, runs: 0, different: 0 };
  const startedMs = performance.now();
  do {
    rmSync(log, { force: true });
    const seed = options.seed + 100_000 * report.runs;
    const run = await trained(join(folder, 'faults'), options.train, { seed, lifeMs, hangs, log });
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n') : [];
    for (const kind of faultKinds) kills[kind] += lines.filter((line) => line === kind).length;
    report.recoveries += run.losses.workers;
    report.replayedSteps += run.losses.replayedSteps;
    report.secondsLost += run.losses.seconds;
    report.runs++;
    if (run.hash !== undisturbed.hash || run.metrics !== undisturbed.metrics) report.different++;
    options.onProgress?.(report);
  } while (killsIn(report) < options.kills && performance.now() - startedMs < withinMs);
  return report;
}

export function killsIn({ kills }: WorkerChaosReport): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

interface Trained {
  readonly hash: string;
  /** Without what depends on time. */
  readonly metrics: string;
  readonly losses: { readonly workers: number; readonly replayedSteps: number; readonly seconds: number };
}

async function trained(out: string, train: readonly string[], options?: FaultOptions): Promise<Trained> {
  rmSync(out, { recursive: true, force: true });
  const preload = options ? ['--import', faults] : [];
  const env = {
    ...process.env,
    ...(options ? { [faultsVariable]: JSON.stringify(options) } : {}),
    NO_COLOR: '1',
    NODE_OPTIONS: '',
  };
  const args = ['train', ...train, '--hang-seconds', String(hangSeconds), '--out', out, '--json', '--quiet'];
  const child = spawn(process.execPath, [...preload, main, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`lockstep ended with ${code}: ${stderr}`);
  const { result, losses } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').replaceAll(/"samplesPerSecond":[^,}]+/g, '');
  return { hash: result.weightsHash, metrics, losses: losses ?? { workers: 0, replayedSteps: 0, seconds: 0 } };
}

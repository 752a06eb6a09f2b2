/**
 * Training under SIGKILL: one run, killed again and again at random moments and while it writes checkpoints, each time resumed with other
 * workers and shards, must end with the weights of the undisturbed run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, type FSWatcher, readdirSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const most = { workers: 4, shards: 8, delayMs: 2500, writesSeen: 12, afterWriteMs: 4 };
/** A process that does nothing for so long hangs. */
const patienceMs = 120_000;

export interface ChaosOptions {
  /** Made and removed again by the caller. */
  readonly folder: string;
  /** Options of `train`, without `--out`. */
  readonly train: readonly string[];
  readonly kills: number;
  /** No kill after so many milliseconds. Default: any. */
  readonly withinMs?: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onProgress?: (report: ChaosReport) => void;
}

export interface ChaosReport {
  kills: number;
  /** Kills that left a file half written or not yet renamed. */
  duringWrites: number;
  /** Processes that went on from a checkpoint. */
  recoveries: number;
  /** Processes that found none: the one before was killed too early. */
  begunAnew: number;
  /** Runs that came to their end. */
  ends: number;
  /** From the last checkpoint, or the start of the process, to the kill. */
  secondsLost: number;
  /** Of the undisturbed run. */
  hash: string;
  /** Those of the other runs that ended. */
  hashes: Set<string>;
}

/** Kills until there are enough kills or the time is over, then lets the last run come to its end. Rejects when a process fails by itself. */
export async function chaosRun(options: ChaosOptions): Promise<ChaosReport> {
  const { folder, train, random, withinMs = Number.POSITIVE_INFINITY } = options;
  const reference = await ended(start(['train', ...train, '--out', join(folder, 'undisturbed'), '--json', '--quiet']));
  const report: ChaosReport = {
    ...{ kills: 0, duringWrites: 0, recoveries: 0, begunAnew: 0, ends: 0, secondsLost: 0 },
    hash: hashIn(reference),
    hashes: new Set(),
  };
  const startedMs = performance.now();
  const enough = (): boolean => report.kills >= options.kills || performance.now() - startedMs > withinMs;
  while (!enough() || report.ends === 0) {
    const out = join(folder, 'run');
    rmSync(out, { recursive: true, force: true });
    for (let done = false; !done; ) {
      done = await oneProcess(out, { train, random, report, kills: !enough() });
      options.onProgress?.(report);
    }
  }
  return report;
}

/** Starts or resumes the run and kills it, unless it ends before that; returns whether it has ended. */
async function oneProcess(
  out: string,
  at: { train: readonly string[]; random: () => number; report: ChaosReport; kills: boolean },
): Promise<boolean> {
  const { train, random, report } = at;
  const upTo = (limit: number): number => 1 + Math.floor(random() * limit);
  const resumes = existsSync(join(out, 'run.json'));
  if (!resumes) rmSync(out, { recursive: true, force: true });
  const args = resumes
    ? ['--resume', out, '--workers', String(upTo(most.workers)), '--shards', String(upTo(most.shards))]
    : [...train, '--out', out];
  const before = stateOf(join(out, 'checkpoints')).halfWritten;
  const began = Date.now();
  const run = start(['train', ...args, ...checkpointOptions(train), '--json']);
  const killer = at.kills ? killAtRandom(run.child, join(out, 'checkpoints'), random) : undefined;
  const result = await ended(run);
  killer?.stop();
  if (result.stderr.includes('going on after step')) report.recoveries++;
  if (result.stderr.includes('begins anew')) report.begunAnew++;
  if (result.signal === 'SIGKILL') {
    report.kills++;
    const { newestMs, halfWritten } = stateOf(join(out, 'checkpoints'));
    // What an earlier kill left may still be there.
    if (halfWritten.some((file) => !before.includes(file))) report.duringWrites++;
    report.secondsLost += (killer!.atMs() - Math.max(began, newestMs)) / 1000;
    return false;
  }
  report.ends++;
  report.hashes.add(hashIn(result));
  return true;
}

/** How often checkpoints come is no part of a run, and said again to each process. */
function checkpointOptions(train: readonly string[]): readonly string[] {
  const at = train.indexOf('--checkpoint-every');
  return at < 0 ? [] : train.slice(at, at + 2);
}

interface Process {
  readonly child: ChildProcess;
  readonly result: Promise<Result>;
}

interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): Process {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' } });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.stderr += chunk;
  });
  const result = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, result };
}

/** Waits for a process that ends well or by the kill; any other end is an error. */
async function ended({ child, result }: Process): Promise<Result> {
  const hang = setTimeout(() => child.kill('SIGTERM'), patienceMs);
  const got = await result;
  clearTimeout(hang);
  if (got.code === 0 || got.signal === 'SIGKILL') return got;
  throw new Error(`lockstep ended with ${got.code ?? got.signal}: ${got.stderr}`);
}

interface Killer {
  /** When it was killed. */
  atMs(): number;
  stop(): void;
}

/** Half of the kills come after a random time, the other half at a random change in the folder of checkpoints. */
function killAtRandom(child: ChildProcess, folder: string, random: () => number): Killer {
  let killedMs = 0;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  const kill = (): void => {
    killedMs ||= Date.now();
    child.kill('SIGKILL');
  };
  if (random() < 0.5) {
    timer = setTimeout(kill, random() * most.delayMs);
  } else {
    let left = 1 + Math.floor(random() * most.writesSeen);
    const delayMs = random() < 0.5 ? 0 : random() * most.afterWriteMs;
    const onChange = (): void => {
      if (--left > 0) return;
      if (delayMs === 0) kill();
      else timer = setTimeout(kill, delayMs);
    };
    // The folder comes with the first checkpoint.
    timer = setInterval(() => {
      if (!existsSync(folder)) return;
      clearInterval(timer);
      watcher = watch(folder, onChange);
    }, 5);
  }
  return {
    atMs: () => killedMs,
    stop: () => {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

function stateOf(folder: string): { newestMs: number; halfWritten: string[] } {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const manifests = files.filter((file) => file.endsWith('.json'));
  const halfWritten = files.filter(
    (file) =>
      file.endsWith('.incoming') ||
      (file.endsWith('.safetensors') && !manifests.includes(file.replace(/safetensors$/, 'json'))),
  );
  const newestMs = Math.max(0, ...manifests.map((file) => statSync(join(folder, file)).mtimeMs));
  return { newestMs, halfWritten };
}

function hashIn({ stdout }: Result): string {
  const line = stdout.trim().split('\n').at(-1)!;
  return (JSON.parse(line) as { weightsHash: string }).weightsHash;
}

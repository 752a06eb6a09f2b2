/** Runs the built command as a child process, as a user does, in a temporary folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A module that is loaded before the command, and in its threads. */
  readonly preload?: string;
}

export function start(args: readonly string[], options: StartOptions = {}): Run {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', ...options.env };
  // The command runs as a user starts it: without the conditions that the tests themselves run with.
  delete env.NODE_OPTIONS;
  const preload = options.preload === undefined ? [] : ['--import', options.preload];
  const child = spawn(process.execPath, [...preload, main, ...args], { cwd: options.cwd ?? tmpdir(), env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

export async function lockstep(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

/** What `train --json` prints. */
export interface Result {
  readonly weightsHash: string;
  readonly steps: number;
  readonly epochs: number;
  readonly trainLoss: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly imagesPerSecond: number;
  readonly workers: number;
  readonly shards: number;
  readonly seed: number;
  readonly kernels: string;
}

/** Trains quietly on a few samples and gives the JSON line. */
export async function train(args: readonly string[], options: { out?: string } = {}): Promise<Result> {
  const out = options.out ?? join(temporaryFolder(), 'run');
  const common = ['--epochs', '1', '--eval-limit', '100', '--json', '--quiet', '--out', out];
  const { code, stdout, stderr } = await lockstep('train', ...args, ...common);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Result;
}

/** Removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What is worth knowing about the machine of a run, without its name; and which peers are installed. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { cleanEnvironment, python } from './commands.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly v8: string;
  readonly torch: string | undefined;
  /** Processes that were running, over the minute before. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    v8: process.versions.v8,
    torch: torchVersion(),
    load: Number(loadavg()[0]!.toFixed(2)),
  };
}

/** The file name of a machine's results: CPU model and cores. */
export function machineSlug({ cpu, cores }: Pick<Machine, 'cpu' | 'cores'>): string {
  const model = cpu
    .toLowerCase()
    .replace(/\(r\)|\(tm\)|processor|cpu|@.*/g, ' ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${model}-${cores}-cores`;
}

const lookMs = 60;
const busyShare = 0.1;

/** Sleeps until other processes leave the cores, at most so long; false when they did not. */
export function quietWithin(waitMs: number): boolean {
  const until = performance.now() + waitMs;
  while (othersBusy()) if (performance.now() >= until) return false;
  return true;
}

/** Whether other processes use more than a tenth of all cores just now, while this one sleeps. */
function othersBusy(): boolean {
  const before = coreTimes();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
  const after = coreTimes();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all) > busyShare;
}

/** Milliseconds of all cores since the start of the machine. */
function coreTimes(): { idle: number; all: number } {
  const times = cpus().map(({ times: core }) => core);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((core) => Object.values(core))) };
}

function torchVersion(): string | undefined {
  try {
    const print = 'import torch; print(torch.__version__)';
    return execFileSync(python, ['-c', print], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

export function peersInstalled(): boolean {
  return ['@jax-js/jax', '@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'].every((name) =>
    existsSync(new URL(`./peers/node_modules/${name}/package.json`, import.meta.url)),
  );
}

/** Any core of the last ten years does more with a real BLAS. */
const leastSgemmGflops = 15;

const sgemm = `import torch, time
torch.set_num_threads(1)
a = torch.randn(512, 512); a @ a
start = time.perf_counter()
for _ in range(10): a @ a
print(10 * 2 * 512**3 / (time.perf_counter() - start) / 1e9)`;

/** Debian's PyTorch without libopenblas runs on the reference BLAS, many times slower in linear layers: no fair peer. */
export function checkBlas(): void {
  const gflops = Number(execFileSync(python, ['-c', sgemm], { encoding: 'utf8', env: cleanEnvironment() }));
  if (gflops >= leastSgemmGflops) return;
  throw new Error(
    `PyTorch multiplies matrices at ${gflops.toFixed(1)} GFLOPS: it runs on the reference BLAS and is no fair peer (Debian: apt-get install libopenblas0-pthread)`,
  );
}

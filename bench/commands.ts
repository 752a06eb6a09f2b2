/** How contenders are started: the command, its one JSON argument, and an environment in which only the thread count is set. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Contender } from './row.ts';
import { stripped } from './strip.ts';

export const python = '/usr/bin/python3';
const cores = availableParallelism();

/** 1, 2 and all cores. */
export const workerCounts: readonly number[] = [...new Set([1, Math.min(2, cores), cores])];
/** 1, half and all cores: with hyper-threads, PyTorch is often best on half. */
export const threadCounts: readonly number[] = [...new Set([1, Math.ceil(cores / 2), cores])];

export interface Work {
  readonly [key: string]: string | number | boolean;
}

export type KernelChoice = 'flag' | 'plain';

export function lockstepName(workers: number, kernels: KernelChoice = 'flag'): string {
  return `Lockstep${kernels === 'plain' ? ' plain' : ''}, ${workers} worker${workers > 1 ? 's' : ''}`;
}

export function lockstep(program: string, workers: number, work: Work, kernels: KernelChoice = 'flag'): Contender {
  return {
    name: lockstepName(workers, kernels),
    who: 'lockstep',
    command: process.execPath,
    args: [stripped(program), JSON.stringify({ ...work, workers })],
    env: { ...threadEnvironment(1), LOCKSTEP_REVECTORIZE: kernels === 'flag' ? '1' : '0' },
  };
}

/** Flag and plain kernels, each with the usual worker counts. */
export function lockstepEverywhere(program: string, work: Work): Contender[] {
  return (['flag', 'plain'] as const).flatMap((kernels) =>
    workerCounts.map((workers) => lockstep(program, workers, work, kernels)),
  );
}

export function torch(program: string, threads: number, work: Work, way = ''): Contender {
  return {
    name: `PyTorch${way}, ${threads} thread${threads > 1 ? 's' : ''}`,
    who: 'pytorch',
    command: python,
    args: [fileURLToPath(new URL(`./contenders/${program}.py`, import.meta.url)), JSON.stringify({ ...work, threads })],
    env: threadEnvironment(threads),
  };
}

export function torchEverywhere(program: string, work: Work, way = ''): Contender[] {
  return threadCounts.map((threads) => torch(program, threads, work, way));
}

/** Another framework, of bench/peers. */
export function peer(name: string, program: string, work: Work): Contender {
  return {
    name,
    who: 'peer',
    command: process.execPath,
    args: [fileURLToPath(new URL(`./peers/${program}.mjs`, import.meta.url)), JSON.stringify(work)],
    env: threadEnvironment(cores),
  };
}

function threadEnvironment(threads: number): Record<string, string> {
  return { OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) };
}

/**
 * The environment without what would bend a result: OPENBLAS_CORETYPE set to an older core slows PyTorch; thread counts, Node's options
 * and ours are the contender's business.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const bending = /^(OPENBLAS_|OMP_|MKL_|KMP_|GOMP_|LOCKSTEP_|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !bending.test(name)));
}

/** What is worth knowing about the machine of a run, without its name; and which peers are installed. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { python } from './commands.ts';

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

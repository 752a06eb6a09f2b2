/**
 * Where the rows of the bench sit under this machine's roofs, and what a model of the step says for more cores. The model knows only what
 * one worker measures: T(W) = Σ over phases of t · ⌈n/W⌉/n + b(W), for a phase of n tasks that takes t on one worker, and a barrier b(W). It is
 * checked against the step on two workers. `npm run bench:scaling`.
 */

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { cleanEnvironment, lockstep, type Work } from './commands.ts';
import { thisMachine } from './machine.ts';
import { median, runOnce } from './run.ts';

interface Phases {
  readonly stepMs: number;
  readonly phases: readonly { readonly tasks: number; readonly ms: number }[];
  readonly flops: number;
  readonly weightBytes: number;
}

const subjects = [
  { name: 'seed network, batch 64', model: 'seed-net', dropout: 0.25, batch: 64 },
  { name: 'seed network, batch 256', model: 'seed-net', dropout: 0.25, batch: 256 },
  { name: 'MLP with dropout, batch 64', model: 'mlp', dropout: 0.5, batch: 64 },
  { name: 'MLP with dropout, batch 256', model: 'mlp', dropout: 0.5, batch: 256 },
  { name: 'MLP, batch 64', model: 'mlp', dropout: 0, batch: 64 },
  { name: 'ResNet-8, batch 64', model: 'resnet-8', dropout: 0, batch: 64 },
] as const;
const workerCounts = [2, 4, 8, 16, 32, 64];
const rounds = 3;

/** Median of a few runs, figure by figure. */
function phasesOf(work: Work, workers: number): Phases {
  const runs = Array.from({ length: rounds }, () =>
    runOnce(lockstep('lockstep-phases', workers, { ...work, steps: 64 })),
  );
  const all = runs as unknown as Phases[];
  return {
    ...all[0]!,
    stepMs: median(all.map(({ stepMs }) => stepMs)),
    phases: all[0]!.phases.map(({ tasks }, i) => ({ tasks, ms: median(all.map(({ phases }) => phases[i]!.ms)) })),
  };
}

/** A barrier in ms: what bench/ measures with two workers, growing with the logarithm of their number. */
function barrierMs(workers: number): number {
  return workers === 1 ? 0 : 0.0005 * Math.log2(workers);
}

function predicted({ stepMs, phases }: Phases, workers: number): number {
  const inPhases = phases.reduce((total, { ms }) => total + ms, 0);
  // What lies between phases (claims, the step's own words) is paid once by everybody.
  const between = Math.max(0, stepMs - inPhases);
  return phases.reduce(
    (total, { tasks, ms }) => total + (ms * Math.ceil(tasks / workers)) / tasks + barrierMs(workers),
    between,
  );
}

/** GB/s of `threads` processes at the same time, together. */
async function bandwidth(bytes: number, threads: number): Promise<number> {
  const { command, args, env } = lockstep('lockstep-bandwidth', 1, { bytes, ms: 400 });
  const one = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        env: { ...cleanEnvironment(), ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => (text += chunk));
      child.on('error', reject);
      child.on('close', () => resolve(JSON.parse(text).gigabytesPerSecond));
    });
  const rates = await Promise.all(Array.from({ length: threads }, one));
  return rates.reduce((a, b) => a + b, 0);
}

const machine = thisMachine();
console.log(`${machine.cpu}, ${machine.cores} cores · Node ${machine.node} · load ${machine.load}\n`);

console.log('Memory, GB/s of the SGD update, by the size of what it works on:');
console.log('| working set | 1 thread | 2 threads |\n|---|---:|---:|');
for (const mib of [1, 4, 16, 64, 256]) {
  const cells = [await bandwidth(mib << 20, 1), await bandwidth(mib << 20, 2)].map((rate) => rate.toFixed(0));
  console.log(`| ${mib} MiB | ${cells.join(' | ')} |`);
}

console.log('\nThe step, one worker: what it computes (zeros included) and what its weights move:');
console.log('| | phases | ms | GFLOP | GFLOPS | weights, MB | FLOP a byte |\n|---|---:|---:|---:|---:|---:|---:|');
const measured = subjects.map(({ name, ...work }) => ({ name, work, one: phasesOf(work, 1) }));
for (const { name, one } of measured) {
  const { stepMs, phases, flops, weightBytes } = one;
  const cells = [
    String(phases.length),
    stepMs.toFixed(2),
    (flops / 1e9).toFixed(2),
    (flops / stepMs / 1e6).toFixed(0),
    (weightBytes / 1e6).toFixed(1),
    (flops / weightBytes).toFixed(0),
  ];
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}

console.log(
  `\nThe model, speed-up over one worker; measured on 2 workers beside it${availableParallelism() < 2 ? ' (one core: not comparable)' : ''}:`,
);
console.log(`| | measured 2 | ${workerCounts.join(' | ')} |\n|---|---:|${workerCounts.map(() => '---:').join('|')}|`);
for (const { name, work, one } of measured) {
  const two = phasesOf(work, 2).stepMs;
  const cells = workerCounts.map((workers) => (one.stepMs / predicted(one, workers)).toFixed(2));
  console.log(`| ${name} | ${(one.stepMs / two).toFixed(2)} | ${cells.join(' | ')} |`);
}

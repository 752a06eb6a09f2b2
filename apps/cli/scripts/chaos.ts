/**
 * `npm run chaos -- --kills 200 [--worker-kills 100] [--minutes 30] [--seed 1]`: kills training runs, and the worker threads of others, at
 * random and compares what they end with. Each half has so many minutes at most; 0 kills leave one out.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { philox } from '@lockstep/core';
import { type ChaosReport, chaosRun } from './chaos-run.ts';
import { killsIn, type WorkerChaosReport, workerChaos } from './worker-chaos.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    'worker-kills': { type: 'string', default: '100' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const numberOf = (name: keyof typeof values): number => Number(values[name]);
const [kills, workerKills, minutes, seed] = [
  numberOf('kills'),
  numberOf('worker-kills'),
  numberOf('minutes'),
  numberOf('seed'),
];
for (const [name, value] of Object.entries({ kills, 'worker-kills': workerKills }))
  if (!(value >= 0)) throw new RangeError(`--${name}: expected a number from 0, got ${value}`);
if (!(minutes > 0)) throw new RangeError(`--minutes: expected a number above 0, got ${minutes}`);

const folder = mkdtempSync(join(tmpdir(), 'lockstep-chaos-'));
let draws = 0;
const random = (): number => philox([draws++, 0, 0, 0], [seed, 0])[0] / 2 ** 32;
const train = [
  ...['seed-net', '--limit', '6000', '--eval-limit', '200', '--epochs', '3', '--batch-size', '48', '--seed', '7'],
  ...['--dropout-schedule', 'linear:300', '--lr-schedule', 'one-cycle', '--checkpoint-every', '7'],
];
const withinMs = 60_000 * minutes;
let startedMs = performance.now();
try {
  const same = (kills === 0 || (await killRuns())) && (workerKills === 0 || (await killWorkers()));
  process.exitCode = same ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function killRuns(): Promise<boolean> {
  let toldKills = 0;
  const onProgress = (now: ChaosReport): void => {
    if (now.kills < toldKills + 10) return;
    toldKills = now.kills;
    console.log(textOf(now));
  };
  const report = await chaosRun({ folder, train, kills, random, withinMs, onProgress });
  console.log(textOf(report));
  const same = [...report.hashes].every((hash) => hash === report.hash);
  console.log(
    `undisturbed ${report.hash}\nafter kills ${[...report.hashes].join(' ')}\n${same ? 'same' : 'DIFFERENT'}`,
  );
  return same;
}

async function killWorkers(): Promise<boolean> {
  startedMs = performance.now();
  const onProgress = (now: WorkerChaosReport): void => console.log(workersTextOf(now));
  const options = { folder, seed, withinMs, kills: workerKills, lifeMs: 1500, hangs: true, onProgress };
  const report = await workerChaos({ ...options, train: [...train, '--workers', '3', '--epochs', '10'] });
  console.log(report.different === 0 ? 'same' : 'DIFFERENT');
  return report.different === 0;
}

function workersTextOf(report: WorkerChaosReport): string {
  const { kills: byKind, recoveries, replayedSteps, secondsLost, runs, different } = report;
  return [
    `${killsIn(report)} worker threads (${Object.entries(byKind)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')})`,
    `${recoveries} recoveries`,
    `${replayedSteps} steps again`,
    `${secondsLost.toFixed(1)} s lost`,
    `${runs} runs ended, ${different} of them otherwise`,
    `${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
  ].join(' · ');
}

function textOf({ kills: done, duringWrites, recoveries, begunAnew, ends, secondsLost }: ChaosReport): string {
  return [
    `${done} kills (${duringWrites} with a checkpoint half written)`,
    `${recoveries} recoveries`,
    `${begunAnew} begun anew`,
    `${ends} runs ended`,
    `${secondsLost.toFixed(1)} s of work lost, ${(secondsLost / Math.max(1, done)).toFixed(2)} s a kill`,
    `${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
  ].join(' · ');
}

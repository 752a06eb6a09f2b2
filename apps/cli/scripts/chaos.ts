/** `npm run chaos -- --kills 200 [--minutes 30] [--seed 1]`: kills training runs at random and compares what they end with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { philox } from '@lockstep/core';
import { type ChaosReport, chaosRun } from './chaos-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const [kills, minutes, seed] = [values.kills, values.minutes, values.seed].map(Number) as [number, number, number];
for (const [name, value] of Object.entries({ kills, minutes }))
  if (!(value > 0)) throw new RangeError(`--${name}: expected a number above 0, got ${value}`);

const folder = mkdtempSync(join(tmpdir(), 'lockstep-chaos-'));
let draws = 0;
const random = (): number => philox([draws++, 0, 0, 0], [seed, 0])[0] / 2 ** 32;
const train = [
  ...['seed-net', '--limit', '6000', '--eval-limit', '200', '--epochs', '3', '--batch-size', '48', '--seed', '7'],
  ...['--dropout-schedule', 'linear:300', '--lr-schedule', 'one-cycle', '--checkpoint-every', '7'],
];
let toldKills = 0;
const startedMs = performance.now();
try {
  const report = await chaosRun({
    ...{ folder, train, kills, random },
    withinMs: 60_000 * minutes,
    onProgress: (now) => {
      if (now.kills < toldKills + 10) return;
      toldKills = now.kills;
      console.log(textOf(now));
    },
  });
  console.log(textOf(report));
  const same = [...report.hashes].every((hash) => hash === report.hash);
  console.log(
    `undisturbed ${report.hash}\nafter kills ${[...report.hashes].join(' ')}\n${same ? 'same' : 'DIFFERENT'}`,
  );
  process.exitCode = same ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
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

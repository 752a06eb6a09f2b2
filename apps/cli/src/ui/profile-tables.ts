/** A profile for people: where the workers' time went, by kernel and by layer. */
import { type Profile, type ProfileRow, type ProfileTotals, profileTotals } from '@lockstep/scheduler';
import { grouped, percent } from './format.ts';
import { type Column, table } from './table.ts';

/** Means of a step; the times of all workers are added. */
export function profileTables(profile: Profile): string {
  const { steps, droppedSteps, workers } = profile;
  if (steps === 0) return 'profile: no step was recorded';
  const totals = profileTotals(profile);
  const of = { steps, totals };
  const threads = `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}`;
  return [
    `profile of a training step: mean of ${grouped(steps)} steps (${grouped(droppedSteps)} others not recorded), time of ${threads} together`,
    '',
    rowsTable('kernel', totals.kernels, of),
    '',
    rowsTable('layer', totals.layers, of),
  ].join('\n');
}

function rowsTable(title: string, rows: readonly ProfileRow[], of: { steps: number; totals: ProfileTotals }): string {
  const { steps, totals } = of;
  const columns: Column[] = [{ title }, ...numbers.map((number) => ({ title: number, align: 'right' as const }))];
  const time = (ms: number): [string, string] => [(ms / steps).toFixed(3), percent(ms / totals.totalMs, 1)];
  const lines = rows.map(({ name, calls, ms, flops }) => [
    name,
    (calls / steps).toFixed(calls % steps === 0 ? 0 : 1),
    ...time(ms),
    flops > 0 ? (flops / ms / 1e6).toFixed(1) : '',
  ]);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  return table(
    columns,
    [
      ...lines,
      ['(waiting at barriers)', '', ...time(totals.waitMs)],
      ['(between calls)', '', ...time(totals.betweenMs)],
    ],
    ['total', (calls / steps).toFixed(0), ...time(totals.totalMs), ''],
  );
}

/** GFLOPS count every multiplication, also those with zeros that are skipped; of one worker. */
const numbers = ['calls', 'ms', 'share', 'GFLOPS'];

/** `npm run soak`: trains for minutes and says whether memory, threads, files and speed stay as they are; exit code 1 if not. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { plot } from 'asciichart';
import type { Sample } from './sample.ts';
import { type ModelName, models, soak } from './soak.ts';
import { measures, type Verdict, verdictOf } from './verdict.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    workers: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    model: { type: 'string', default: 'seed-net' },
  },
});
const [minutes, workers, model] = [Number(values.minutes), Number(values.workers), values.model as ModelName];
if (!(minutes > 0)) throw new RangeError(`--minutes: expected a number above 0, got ${values.minutes}`);
if (!models.includes(model)) throw new RangeError(`--model: expected ${models.join(' or ')}, got ${values.model}`);

const { samples, steps, epochs, checkpoints } = await soak({ minutes, workers, model });
const shown = measures.filter(({ name }) => samples.every((sample) => sample[name] !== undefined));
console.log(
  `${model}, ${workers} workers, ${minutes} minutes: ${steps} steps, ${epochs} epochs with an evaluation each, ${checkpoints} checkpoints\n`,
);
console.log(row('seconds', 'steps', ...shown.map(({ title }) => title)));
console.log(row(...['seconds', 'steps', ...shown].map(() => '---')));
for (const sample of everyNth(samples, 12)) console.log(rowOf(sample));
for (const name of ['rssMiB', 'samplesPerSecond'] as const) {
  console.log(`\n${measures.find((measure) => measure.name === name)!.title}`);
  const series = everyNth(samples, 80).map((sample) => sample[name]);
  // From 0, so that a ripple does not look like a mountain.
  console.log(plot(series, { height: 8, min: 0, format: (value) => value.toFixed(0).padStart(7) }));
}
console.log(
  `\n${row('measure', 'second third', 'last third', 'noise', '')}\n${row('---', '---', '---', '---', '---')}`,
);
const verdicts = shown.map((measure) => verdictOf(samples, measure)).filter((verdict) => verdict !== undefined);
for (const verdict of verdicts) console.log(lineOf(verdict));
const isFlat = verdicts.length === shown.length && verdicts.every(({ flat }) => flat);
console.log(isFlat ? '\nflat' : '\nNOT flat');
if (!isFlat) process.exitCode = 1;

function rowOf(sample: Sample): string {
  const { seconds, steps: done } = sample;
  return row(seconds.toFixed(0), String(done), ...shown.map(({ name }) => digits(sample[name]!)));
}

function lineOf({ measure, second, last, noise, flat }: Verdict): string {
  const word = flat ? 'flat' : measure.bad === 'rise' ? 'RISES' : 'FALLS';
  return row(measure.title, digits(second), digits(last), `± ${digits(noise)}`, word);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function digits(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 100 ? 2 : 0);
}

/** At most `count` of them, evenly spread, the last among them. */
function everyNth<T>(all: readonly T[], count: number): T[] {
  const every = Math.ceil(all.length / count);
  return all.filter((_, i) => (all.length - 1 - i) % every === 0);
}

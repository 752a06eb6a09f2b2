/** `npm run fuzz`: hostile bytes for every reader, as a table; exit code 1 when one does what it may not. */
import { parseArgs } from 'node:util';
import { names } from './readers/index.ts';
import { type FuzzReport, fuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string', multiple: true, default: [...names] },
  },
});
const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
if (!Number.isSafeInteger(inputs) || inputs < 1)
  throw new RangeError(`--inputs: expected an integer from 1, got ${values.inputs}`);
if (!Number.isSafeInteger(seed)) throw new RangeError(`--seed: expected an integer, got ${values.seed}`);
const unknown = values.reader.find((name) => !names.includes(name));
if (unknown !== undefined) throw new RangeError(`--reader: expected ${names.join(', ')}, got ${unknown}`);

console.log(
  '| reader | inputs | accepted | refused | slowest input, ms | largest allocation, bytes |\n|---|---|---|---|---|---|',
);
for (const reader of values.reader) {
  const report = await fuzz({ reader, inputs, seed });
  console.log(row(report));
  if (report.finding === undefined) continue;
  console.log(`\n${reader}: ${report.finding}\n`);
  process.exitCode = 1;
}

function row({ reader, inputs: count, accepted, refused, slowestMs, largestBytes }: FuzzReport): string {
  return `| ${[reader, count, accepted, refused, slowestMs.toFixed(1), largestBytes].join(' | ')} |`;
}

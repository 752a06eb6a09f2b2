/**
 * Speed beside PyTorch and other JavaScript frameworks. `npm run bench -- --list` names the rows, `--help` the options; how it is
 * measured stands in run.ts, what is included at the head of each file in contenders/.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkComparable, compareText } from './compare.ts';
import { checkBlas, peersInstalled, thisMachine } from './machine.ts';
import { readResults, rowText, saveResults, summaryText } from './report.ts';
import type { Contender, Row } from './row.ts';
import { rows } from './rows/index.ts';
import { type RowResult, runRow } from './run.ts';

const help = `npm run bench -- [options]
  --row NAME       only this row (repeatable); --list names them
  --rounds N       rounds in which all contenders of a row take turns (default 3)
  --wait SECONDS   before each start, wait at most so long for the machine to be quiet (default 10)
  --quick          one short round, nothing is saved
  --peers          the rows of jax-js and TensorFlow.js too; installs them into bench/peers (300 MB) if need be
  --compare FILE   beside a saved result of the same machine
  --list           the rows, and nothing else`;

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    wait: { type: 'string', default: '10' },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    compare: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

try {
  if (values.help) console.log(help);
  else if (values.list) for (const { name, title } of rows) console.log(`${name.padEnd(22)} ${title}`);
  else main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function main(): void {
  const chosen = chosenRows(values.row);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: a whole number from 1, got ${values.rounds}`);
  const wait = Number(values.wait);
  if (!(wait >= 0)) throw new Error(`--wait: seconds from 0, got ${values.wait}`);
  if (!existsSync(new URL('../packages/scheduler/dist/index.js', import.meta.url))) {
    throw new Error('The packages are not built: start the bench with npm run bench.');
  }
  const machine = thisMachine();
  const saved = values.compare === undefined ? undefined : readResults(values.compare);
  if (values.compare !== undefined && !saved) throw new Error(`--compare: there is no ${values.compare}`);
  if (saved) checkComparable(saved, machine);
  const { cpu, cores, node, load } = machine;
  console.log(
    `${cpu}, ${cores} cores · Node ${node} · PyTorch ${machine.torch ?? 'absent'} · load ${load} · ${rounds} rounds`,
  );
  if (machine.torch !== undefined) checkBlas();
  const without = missing(machine.torch !== undefined, chosen);

  const order = rows.map(({ name }) => name);
  const results: RowResult[] = [];
  let written: string[] = [];
  for (const row of chosen.filter(({ peers }) => !peers || !without.includes('peer'))) {
    const result = runRow(row, {
      rounds,
      effort: values.quick ? 'quick' : 'full',
      without,
      waitMs: 1000 * wait,
      onRound: (round, of) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${row.name}: round ${round + 1} of ${of}\r`);
      },
    });
    results.push(result);
    if (process.stderr.isTTY) process.stderr.write('\x1b[K');
    console.log(rowText(result));
    // Row by row: a run that is stopped keeps what it has measured.
    if (!values.quick) written = saveResults(machine, [result], order);
  }
  console.log(summaryText(results));
  if (saved) console.log(compareText(saved, results));
  for (const path of written) console.log(`written: ${path}`);
}

function chosenRows(names: readonly string[]): Row[] {
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`--row: there is no ${unknown.join(', ')}; --list names the rows`);
  return rows.filter(({ name, peers }) => (names.length > 0 ? names.includes(name) : !peers || values.peers));
}

/** Who cannot run here, each with one line that says so. */
function missing(torch: boolean, chosen: readonly Row[]): Contender['who'][] {
  const without: Contender['who'][] = [];
  if (!torch) {
    console.log('PyTorch is not installed: left out (Debian: apt-get install python3-torch).');
    without.push('pytorch');
  }
  if (values.peers && !peersInstalled()) installPeers();
  if (peersInstalled()) return without;
  if (chosen.some(({ peers }) => peers) || values.row.length === 0) {
    console.log('jax-js and TensorFlow.js are not installed: left out (npm run bench -- --peers installs them).');
  }
  return [...without, 'peer'];
}

function installPeers(): void {
  console.log('Installing jax-js and TensorFlow.js into bench/peers …');
  const cwd = fileURLToPath(new URL('./peers/', import.meta.url));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

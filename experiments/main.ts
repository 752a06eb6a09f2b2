/**
 * What dropout does, measured. `npm run experiments -- --list` names the studies; runs that are already in results/ are not repeated,
 * so a study can be stopped and goes on later, a long run from its last checkpoint (every 5 minutes). Tables are printed in Markdown.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { readResults, saveResults, table } from './report.ts';
import { runVariant } from './run.ts';
import { studies } from './studies/index.ts';
import { varianceShift } from './studies/variance-shift.ts';
import type { Study } from './study.ts';

const help = `npm run experiments -- STUDY … [options]
  --seeds N      runs of each variant (default: the study's own)
  --epochs N     epochs of each run (default: the study's own); runs of another length are repeated
  --workers N    threads (default: the cores available)
  --report       print the tables of what has been run, and nothing else
  --list         the studies`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string' },
    epochs: { type: 'string' },
    workers: { type: 'string' },
    report: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.list) {
    for (const { name, title } of studies) console.log(`${name.padEnd(16)} ${title}`);
    console.log(`${'variance-shift'.padEnd(16)} The variance that dropout before BatchNorm adds in training`);
    return;
  }
  if (values.help || (positionals.length === 0 && !values.report)) {
    console.log(help);
    return;
  }
  const names = positionals.length > 0 ? positionals : [...studies.map(({ name }) => name), 'variance-shift'];
  const known = [...studies.map(({ name }) => name), 'variance-shift'];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`there is no study ${unknown.join(', ')}; --list names them`);
  if (!values.report) enableRevectorize();
  for (const name of names) {
    if (name === 'variance-shift') {
      console.log(`\n### variance-shift\n\n${varianceShift()}`);
      continue;
    }
    const study = studies.find((one) => one.name === name)!;
    if (!values.report) await runStudy(study);
    console.log(`\n### ${study.name}: ${study.title}\n\n${study.about}\n\n${table(study, readResults(study.name))}`);
  }
}

/** Every variant once for a seed, then the next seed: a study that is stopped has compared like with like. */
async function runStudy(study: Study): Promise<void> {
  const seeds = whole(values.seeds, '--seeds') ?? study.seeds;
  const epochs = whole(values.epochs, '--epochs');
  const workers = whole(values.workers, '--workers');
  const pool = new NodePool(workers === undefined ? {} : { workers });
  try {
    for (let seed = 1; seed <= seeds; seed++) {
      for (const variant of study.variants) {
        const chosen = { ...variant, epochs: epochs ?? variant.epochs };
        const isDone = (run: { variant: string; seed: number; epochs: number }) =>
          run.variant === chosen.name && run.seed === seed && run.epochs === chosen.epochs;
        if (readResults(study.name).some(isDone)) continue;
        const label = `${study.name}, ${chosen.name}, seed ${seed}`;
        const result = await runVariant(chosen, {
          seed,
          pool,
          checkpoints: checkpointsOf(study.name, chosen.name, `seed ${seed}`, `${chosen.epochs} epochs`),
          onEpoch: (epoch, { trainLoss, testAccuracy }) => {
            const figures = `train loss ${trainLoss.toFixed(4)}, test accuracy ${(100 * testAccuracy).toFixed(2)} %`;
            console.error(`${label}: epoch ${epoch} of ${chosen.epochs}: ${figures}`);
          },
        });
        const others = readResults(study.name).filter((run) => run.variant !== chosen.name || run.seed !== seed);
        saveResults(study.name, [...others, result]);
      }
    }
  } finally {
    await pool.close();
  }
}

/** In the folder of runs, which is not kept in the repository. */
function checkpointsOf(...words: string[]): string {
  const name = words
    .join(' ')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return fileURLToPath(new URL(`../runs/experiments/${name}`, import.meta.url));
}

function whole(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option}: a whole number from 1, got ${text}`);
  return value;
}

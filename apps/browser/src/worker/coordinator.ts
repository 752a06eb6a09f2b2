/** The worker that owns a run: loads the data into its arena, builds the network, drives the trainer workers, reports to the page. */
import { encodeSafetensors } from '@lockstep/core';
import { plannedShards, weightsHash } from '@lockstep/scheduler';
import { expose } from 'comlink';
import type { CoordinatorApi, Histories, RunSummary, RunUpdate } from '../run/messages.ts';
import type { RunSettings } from '../run/settings.ts';
import { Conductor } from './conductor.ts';
import { factsOf, type LoadedData, loadData } from './load-data.ts';
import { loadSavedRun } from './load-run.ts';
import { mayShare, openPool } from './open-pool.ts';
import { mcAnswer, mistakesOf } from './questions.ts';
import { RunSaver } from './save-run.ts';
import { TrainingRun } from './training-run.ts';

interface Work {
  readonly conductor: Conductor;
  readonly main: TrainingRun;
  readonly data: LoadedData;
  readonly settings: RunSettings;
  readonly pool: ReturnType<typeof openPool>;
}

type Send = (update: RunUpdate) => void;

let work: Work | undefined;
/** What was asked for before there was a run. */
const early: { wish?: 'pause' | 'stop' | undefined; watched?: number | undefined } = {};

async function run(given: RunSettings, send: Send, resume = false): Promise<RunSummary> {
  send({ type: 'loading' });
  const saved = resume ? await loadSavedRun() : undefined;
  // Workers are of this machine and moment; everything else is the saved run's.
  const settings = saved ? { ...saved.content.settings, workers: given.workers } : given;
  const data = await loadData(settings);
  const histories: Histories = saved?.content.histories ?? {
    main: { steps: [], evaluations: [] },
    plain: { steps: [], evaluations: [] },
  };
  const main = new TrainingRun('main', settings, data);
  const runs = [main, ...(settings.compare ? [new TrainingRun('plain', settings, data)] : [])];
  for (const [i, state] of saved?.states.entries() ?? []) runs[i]!.state = state;
  const saver = settings.keep ? await RunSaver.open(saved?.content.number ?? 0, send) : undefined;
  if (resume && !saver) throw new Error('another tab goes on with this run: close it first');
  const pool = openPool(settings.workers);
  const onState = () => {
    const states = runs.flatMap(({ state }) => state ?? []);
    if (states.length > 0) saver?.save({ settings, histories, step: main.optimizer.steps, states });
  };
  const conductor = new Conductor({ settings, data, pool, runs, histories, send, onState });
  work = { conductor, main, data, settings, pool };
  const parameters = main.model.parameters().reduce((sum, { size }) => sum + size, 0);
  const { workers } = pool;
  send({
    ...{ type: 'ready', data: factsOf(data), parameters, workers, histories },
    shared: mayShare(),
    kept: saver !== undefined,
  });
  if (early.watched !== undefined) conductor.watchDropout(early.watched);
  if (early.wish) conductor[early.wish]();
  const completed = await conductor.drive();
  await (completed ? saver?.forget() : saver?.finish());
  return summaryOf(work, !completed);
}

async function summaryOf({ main, settings, data, pool }: Work, stopped: boolean): Promise<RunSummary> {
  const batch = Math.min(settings.batchSize, data.train.count);
  const { progress } = main.state ?? {};
  return {
    weightsHash: await weightsHash(main.model),
    steps: main.optimizer.steps,
    epochs: progress?.epochs ?? 0,
    trainLoss: progress?.trainLoss ?? Number.NaN,
    testLoss: progress?.evaluation?.result.loss,
    testAccuracy: progress?.evaluation?.result.accuracy,
    imagesPerSecond: main.imagesPerSecond,
    workers: pool.workers,
    shards: Math.min(settings.shards ?? plannedShards(batch), batch),
    stopped,
  };
}

/** What there is to ask once a run has begun. */
function there(): Work {
  if (work) return work;
  throw new Error('there is no model yet: start a run first');
}

const api: CoordinatorApi = {
  run,
  pause() {
    if (work) work.conductor.pause();
    else early.wish = 'pause';
  },
  step: () => work?.conductor.step(),
  resume() {
    if (work) work.conductor.resume();
    else early.wish = undefined;
  },
  stop() {
    if (work) work.conductor.stop();
    else early.wish = 'stop';
  },
  watchDropout(sample) {
    if (work) work.conductor.watchDropout(sample);
    else early.watched = sample;
  },
  exportModel() {
    const { conductor, main, settings } = there();
    return conductor.between(async () =>
      encodeSafetensors(main.model.stateDict(), {
        format: 'lockstep',
        model: settings.model,
        steps: String(main.optimizer.steps),
      }),
    );
  },
  mistakes(count) {
    const { conductor, main, data, pool } = there();
    return conductor.between(() => mistakesOf(main.model, data.test ?? data.train, { count, pool }));
  },
  drawn(pixels) {
    const { conductor, main, data, settings, pool } = there();
    return conductor.between(() => mcAnswer(main.model, data.train, { pixels, seed: settings.seed, pool }));
  },
};
expose(api);

/** The worker that owns a run: loads the data into its arena, builds the network, drives the trainer workers, reports to the page. */
import { Adam, AdamW, defaultArena, manualSeed, type nn, type Optimizer, SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { arenaAllocator, plannedShards, train, weightsHash } from '@lockstep/scheduler';
import { BrowserPool } from '@lockstep/scheduler/browser';
import { expose } from 'comlink';
import { fetchMnist } from './run/fetch-mnist.ts';
import type { CoordinatorApi, RunSummary, RunUpdate } from './run/messages.ts';
import { ProgressFeed } from './run/progress-feed.ts';
import type { RunSettings } from './run/settings.ts';

const dataFolder = new URL('./data/mnist/', import.meta.url);
const stopping = new AbortController();

function createWorker(): Worker {
  return new Worker(new URL('./trainer-worker.js', import.meta.url), { type: 'module' });
}

async function run(settings: RunSettings, onUpdate: (update: RunUpdate) => void): Promise<RunSummary> {
  const { epochs, batchSize, seed, workers, shards } = settings;
  const { signal } = stopping;
  const pool = new BrowserPool({ workers, createWorker });
  try {
    onUpdate({ type: 'loading' });
    const from = { folder: dataFolder, allocate: arenaAllocator(defaultArena()), signal };
    const data = await fetchMnist('train', { ...from, limit: settings.limit });
    const test = await fetchMnist('test', { ...from, limit: settings.evalLimit });
    manualSeed(seed);
    const model = new SeedNet(data.shape, data.classes.length, { dropout: settings.dropout });
    const optimizer = optimizerFor(model, settings);
    const feed = new ProgressFeed({ send: onUpdate, epochs });
    feed.start();
    const result = await train({
      model,
      optimizer,
      data,
      test,
      epochs,
      batchSize,
      seed,
      pool,
      signal,
      onEvent: (event) => {
        feed.take(event);
      },
      ...(shards === undefined ? {} : { shards }),
    });
    return {
      weightsHash: await weightsHash(model),
      steps: result.steps,
      epochs: result.epochs,
      trainLoss: result.trainLoss,
      testLoss: result.test?.loss,
      testAccuracy: result.test?.accuracy,
      imagesPerSecond: result.samplesPerSecond,
      workers: pool.workers,
      shards: Math.min(shards ?? plannedShards(batchSize), batchSize),
      stopped: result.stopped,
    };
  } finally {
    await pool.close();
  }
}

function optimizerFor(model: nn.Module, { optimizer, lr, momentum }: RunSettings): Optimizer {
  const parameters = model.parameters();
  switch (optimizer) {
    case 'sgd':
      return new SGD(parameters, { lr, momentum });
    case 'adam':
      return new Adam(parameters, { lr });
    case 'adamw':
      return new AdamW(parameters, { lr });
    default:
      return optimizer satisfies never;
  }
}

const api: CoordinatorApi = { run, stop: () => stopping.abort(new Error('stopped before the first step')) };
expose(api);

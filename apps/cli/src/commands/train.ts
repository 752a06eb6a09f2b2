/** `lockstep train`: everything is checked, then trained, evaluated and saved. */
import { advise, type nn } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { Profiler, plannedShards } from '@lockstep/scheduler';
import { loadSplits } from '../data-sets.ts';
import { chooseKernels } from '../kernel-mode.ts';
import { resolveLrSchedule } from '../lr-schedule.ts';
import { checkOutput } from '../model/check-output.ts';
import { buildModel, chooseModel } from '../model/load-model.ts';
import { traceLayers } from '../model/trace-layers.ts';
import { hasMomentum, makeOptimizer } from '../run/optimizers.ts';
import { checkProfilePath } from '../run/profile-file.ts';
import { RunFolder } from '../run/run-folder.ts';
import type { RunConfig } from '../run/run-record.ts';
import { TrainRun } from '../run/train-run.ts';
import { adviceLine } from '../ui/advice-text.ts';
import { grouped } from '../ui/format.ts';
import { liveLine, silentLine } from '../ui/live-line.ts';
import { resolveConfig, type TrainFlags } from './train-options.ts';

/** Returns the exit code. */
export async function trainCommand(modelText: string, flags: TrainFlags): Promise<number> {
  const startedAt = new Date();
  const choice = chooseModel(modelText);
  const asked = resolveConfig(choice, flags);
  const profilePath = flags.profile === undefined ? undefined : checkProfilePath(flags.profile);
  const kernels = chooseKernels(flags.revectorize);
  const { train, test } = await loadSplits(asked.data, asked);
  // The largest batch that occurs, and a shard holds at least one sample.
  const fullBatch = Math.min(asked.batchSize, train.count);
  const stepsPerEpoch = Math.ceil(train.count / asked.batchSize);
  const schedule = resolveLrSchedule(flags, {
    epochs: asked.epochs,
    stepsPerEpoch,
    cyclesMomentum: hasMomentum(asked),
  });
  const config: RunConfig = {
    ...asked,
    ...(schedule ? { lrSchedule: schedule } : {}),
    shards: Math.min(flags.shards ?? plannedShards(fullBatch), fullBatch),
  };
  const { seed, dropout } = config;
  const model = await buildModel(choice, { seed, dropout, inputShape: train.shape, classes: train.classes.length });
  checkOutput(traceLayers(model, train.shape).output, train.classes.length);
  const optimizer = makeOptimizer(model, config);

  const stream = flags.json ? process.stderr : process.stdout;
  const line = flags.quiet ? silentLine : liveLine(stream);
  line.keep(heading(choice.name, { config, train, test, model }));
  if (flags.advice !== false) for (const warning of warnings(model, train)) line.keep(warning);
  const folder =
    flags.out === undefined ? RunFolder.openNew(`${choice.name}-${train.name}`, startedAt) : RunFolder.open(flags.out);
  const profile = profilePath === undefined ? undefined : { path: profilePath, profiler: new Profiler() };
  const run = new TrainRun({
    config,
    model,
    optimizer,
    train,
    test,
    folder,
    startedAt,
    line,
    stream,
    kernels,
    profile,
    advice: flags.advice,
  });
  const { result, exitCode } = await run.start();
  if (flags.json && result) process.stdout.write(`${JSON.stringify(result)}\n`);
  return exitCode;
}

/** What the adviser warns of, a line each; suggestions are for `inspect`. */
function warnings(model: nn.Module, { shape }: Dataset): string[] {
  const advice = advise(model, { inputShape: shape });
  return advice.filter(({ severity }) => severity === 'warning').map(adviceLine);
}

function heading(name: string, parts: { config: RunConfig; train: Dataset; test: Dataset; model: nn.Module }): string {
  const { config, train, test, model } = parts;
  const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
  return [
    `${name} (${grouped(parameters)} parameters) on ${train.name} (${grouped(train.count)} + ${grouped(test.count)} samples [${train.shape.join(', ')}])`,
    `${config.optimizer}, lr ${config.lr}`,
    `batch ${config.batchSize}`,
    `seed ${config.seed}`,
    `${config.workers} ${config.workers === 1 ? 'worker' : 'workers'}`,
  ].join(' · ');
}

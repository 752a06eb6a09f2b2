/** `lockstep train`: everything is checked, then trained, evaluated and saved; with `--resume` from where a run was left. */
import { advise, type nn } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { Profiler } from '@lockstep/scheduler';
import { defaults } from '../defaults.ts';
import { chooseKernels } from '../kernel-mode.ts';
import { checkOutput } from '../model/check-output.ts';
import { buildModel } from '../model/load-model.ts';
import { traceLayers } from '../model/trace-layers.ts';
import { openBranch, openNewRun, openPriorRun, placeOf } from '../run/open-run.ts';
import { makeOptimizer } from '../run/optimizers.ts';
import { checkProfilePath } from '../run/profile-file.ts';
import { branchedState, type PriorRun, priorRun } from '../run/resume.ts';
import type { RunConfig } from '../run/run-record.ts';
import { TrainRun } from '../run/train-run.ts';
import { adviceLine } from '../ui/advice-text.ts';
import { grouped } from '../ui/format.ts';
import { liveLine, silentLine } from '../ui/live-line.ts';
import type { TrainFlags } from './train-options.ts';
import { planTraining } from './train-plan.ts';

/** `typed`: the options, and `model`, that the command line has. Returns the exit code. */
export async function trainCommand(modelText: string, given: TrainFlags, typed: ReadonlySet<string>): Promise<number> {
  const startedAt = new Date();
  const prior = given.resume === undefined ? undefined : priorRun(given.resume);
  const profilePath = given.profile === undefined ? undefined : checkProfilePath(given.profile);
  const kernels = chooseKernels(given.revectorize);
  const plan = await planTraining(modelText, given, { prior, typed });
  const { flags, choice, config, train, test, found } = plan;
  const stream = flags.json ? process.stderr : process.stdout;
  const line = flags.quiet ? silentLine : liveLine(stream);
  const branches = given.force === true;
  if (prior && !branches && isComplete(prior, config)) {
    line.keep(`the run is complete: ${config.epochs} epochs; --epochs with more goes on`);
    if (flags.json) process.stdout.write(`${JSON.stringify(prior.record.result)}\n`);
    return 0;
  }
  const { seed, dropout } = config;
  const model = await buildModel(choice, { seed, dropout, inputShape: train.shape, classes: train.classes.length });
  checkOutput(traceLayers(model, train.shape).output, train.classes.length);
  const optimizer = makeOptimizer(model, config);

  line.keep(heading(choice.name, { config, train, test, model }));
  if (flags.advice !== false && !prior) for (const warning of warnings(model, train)) line.keep(warning);
  const { checkpointEvery: every = { minutes: defaults.checkpoints.minutes } } = flags;
  const settings = { every, keep: flags.checkpointKeep, best: flags.checkpointBest };
  const warn = (text: string): void => (flags.quiet ? void process.stderr.write(`${text}\n`) : line.keep(text));
  const at = { out: flags.out, name: `${choice.name}-${train.name}`, startedAt };
  const adapt = (state: Parameters<typeof branchedState>[0]) =>
    branchedState(state, { found, optimizer, config, samples: train.count });
  const opened = await (!prior
    ? openNewRun(at, settings)
    : branches
      ? openBranch(prior, at, { settings, warn, adapt })
      : openPriorRun(prior, { settings, warn, epochs: config.epochs }));
  if (opened.resume) line.keep(placeOf(opened.resume, config.epochs));
  else if (prior) line.keep('the run has no checkpoint yet: it begins anew');
  const profile = profilePath === undefined ? undefined : { path: profilePath, profiler: new Profiler() };
  const run = new TrainRun({
    ...{ config, model, optimizer, train, test, line, stream, kernels, profile, settings, warn },
    ...opened,
    resume: opened.resume?.state,
    fresh: !prior || branches,
    startedAt: prior && !branches ? new Date(prior.record.startedAt) : startedAt,
    advice: flags.advice,
    hangSeconds: flags.hangSeconds,
  });
  const { result, exitCode } = await run.start();
  if (flags.json && result) process.stdout.write(`${JSON.stringify(result)}\n`);
  return exitCode;
}

function isComplete({ record }: PriorRun, { epochs }: RunConfig): boolean {
  return record.status === 'completed' && record.result?.epochs === epochs;
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

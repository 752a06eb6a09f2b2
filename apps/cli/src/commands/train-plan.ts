/** What a call of `train` comes to: a model, data and a configuration; of a resumed run those it had, as far as nothing else is asked. */
import type { Dataset } from '@lockstep/data';
import { plannedShards } from '@lockstep/scheduler';
import { loadSplits } from '../data-sets.ts';
import { UsageError } from '../errors.ts';
import { resolveLrSchedule } from '../lr-schedule.ts';
import { checkMetricsFit } from '../metrics.ts';
import { chooseModel, type ModelChoice } from '../model/load-model.ts';
import { hasMomentum } from '../run/optimizers.ts';
import {
  checkDifferences,
  checkSameData,
  type Difference,
  differences,
  flagsOfRun,
  type PriorRun,
} from '../run/resume.ts';
import type { RunConfig } from '../run/run-record.ts';
import { resolveConfig, type TrainFlags } from './train-options.ts';

export interface TrainPlan {
  readonly flags: TrainFlags;
  readonly choice: ModelChoice;
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly test: Dataset;
  /** What is not as in the run that is resumed. */
  readonly found: readonly Difference[];
}

/** `typed`: the options, and `model`, that the command line has. @throws UsageError for options that do not go together. */
export async function planTraining(
  modelText: string,
  given: TrainFlags,
  from: { readonly prior: PriorRun | undefined; readonly typed: ReadonlySet<string> },
): Promise<TrainPlan> {
  const { prior, typed } = from;
  const force = given.force ?? false;
  checkTogether(given);
  const flags = prior ? flagsOfRun(prior, given, typed) : given;
  const choice = chooseModel(prior && !typed.has('model') ? prior.record.config.model : modelText);
  if (prior) {
    // Before anything is made of options that the other optimizer does not have.
    const { optimizer } = flags;
    checkDifferences(differences(prior, { ...prior.record.config, model: choice.reference, optimizer }), force);
  }
  const asked = resolveConfig(choice, flags);
  const { train, test } = await loadSplits(asked.data, asked);
  checkMetricsFit(asked.metrics, train.classes.length);
  const config = wholeConfig(asked, { ...from, flags, train });
  const found = prior ? differences(prior, config) : [];
  if (prior) checkDifferences(found, force);
  if (prior && !force) checkSameData(prior, { train, test });
  return { flags, choice, config, train, test, found };
}

/** With the shards and the schedule of the rate, which depend on the data set too. */
function wholeConfig(
  asked: Omit<RunConfig, 'shards' | 'lrSchedule'>,
  from: { flags: TrainFlags; train: Dataset; prior: PriorRun | undefined; typed: ReadonlySet<string> },
): RunConfig {
  const { flags, train, prior, typed } = from;
  // The largest batch that occurs, and a shard holds at least one sample.
  const fullBatch = Math.min(asked.batchSize, train.count);
  const { accumulate = 1 } = asked;
  if (accumulate > fullBatch) {
    const expected = `at most the ${fullBatch} samples of a batch`;
    const hint = 'Use fewer micro-batches.';
    throw new UsageError({ where: '--accumulate', expected, got: String(accumulate), hint });
  }
  const stepsPerEpoch = Math.ceil(train.count / asked.batchSize);
  const keepsSchedule = prior && !typed.has('lrSchedule') && !typed.has('warmup');
  const schedule = keepsSchedule
    ? prior.record.config.lrSchedule
    : resolveLrSchedule(flags, { epochs: asked.epochs, stepsPerEpoch, cyclesMomentum: hasMomentum(asked) });
  return {
    ...asked,
    ...(schedule ? { lrSchedule: schedule } : {}),
    shards: Math.min(flags.shards ?? plannedShards(fullBatch), fullBatch),
  };
}

function checkTogether({ resume, force, out }: TrainFlags): void {
  if (force && resume === undefined)
    throw new UsageError({
      where: '--force',
      expected: '--resume',
      got: 'nothing',
      hint: 'Say which run to branch off from.',
    });
  if (resume === undefined || force || out === undefined) return;
  const hint = 'Leave it out: the run goes on in its folder. With --force it branches off into a new one.';
  throw new UsageError({ where: '--out', expected: 'nothing besides --resume', got: out, hint });
}

/** `lockstep inspect`: the layers of a model, what they cost and what they need. */
import { availableParallelism } from 'node:os';
import { type Advice, advise, dropoutPlaces, type nn } from '@lockstep/core';
import { listDatasets } from '@lockstep/data/node';
import { plannedShards } from '@lockstep/scheduler';
import { loadSplit, resolveData } from '../data-sets.ts';
import { defaults } from '../defaults.ts';
import { UsageError } from '../errors.ts';
import { drawDropout, rates } from '../model/dropout-draw.ts';
import { buildModel, chooseModel } from '../model/load-model.ts';
import { describePlan, planOf } from '../model/plan-table.ts';
import { type ModelSummary, summarize } from '../model/summary.ts';
import { isRunFolder, readRecord } from '../run/run-record.ts';
import { adviceText } from '../ui/advice-text.ts';
import { dropoutPicture } from '../ui/dropout-picture.ts';
import { bytes, grouped, scaled } from '../ui/format.ts';
import { table } from '../ui/table.ts';
import { modelOfRun } from './evaluate.ts';

export interface InspectFlags {
  readonly data?: string;
  readonly input?: readonly number[];
  readonly classes?: number;
  readonly batchSize: number;
  readonly plan?: boolean;
  readonly shards?: number;
  readonly workers?: number;
  readonly accumulate?: number;
  /** False with --no-advice. */
  readonly advice?: boolean;
  /** The picture of dropout instead. */
  readonly dropout?: boolean;
  readonly dropoutP?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

interface Subject {
  readonly name: string;
  readonly model: nn.Module;
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** Of training and test together; 0 where no data set is known. */
  readonly samples: number;
}

export async function inspectCommand(text: string, flags: InspectFlags): Promise<number> {
  checkPairs(flags);
  const subject = isRunFolder(text) ? await runSubject(text, flags) : await modelSubject(text, flags);
  process.stdout.write(`${textOf(subject, flags)}\n`);
  return 0;
}

function textOf(subject: Subject, flags: InspectFlags): string {
  if (flags.plan) return planText(subject, flags);
  if (flags.dropout) return dropoutText(subject, flags);
  const summary = summarize(subject.model, { ...subject, batchSize: flags.batchSize });
  const advice = flags.advice === false ? undefined : advise(subject.model, subject);
  if (flags.json) return JSON.stringify({ ...summary, advice });
  return describe(subject.name, summary, advice);
}

function planText(
  { name, model, inputShape, samples }: Subject,
  { batchSize, shards, workers, accumulate, json }: InspectFlags,
): string {
  const plan = planOf(model, {
    inputShape,
    batchSize,
    samples,
    accumulate,
    workers: workers ?? availableParallelism(),
    shards: Math.min(shards ?? plannedShards(batchSize), batchSize),
  });
  return json ? JSON.stringify(plan) : describePlan(name, plan);
}

function dropoutText({ model, inputShape }: Subject, { dropoutP, seed = 0, json }: InspectFlags): string {
  const asked = dropoutP === undefined ? rates(dropoutPlaces(model, { inputShape })) : [{ p: dropoutP, places: [] }];
  if (asked.length === 0) {
    const hint = 'Give a probability: --dropout-p 0.5.';
    throw new UsageError({ where: '--dropout', expected: 'a model that uses Dropout', got: 'none in it', hint });
  }
  const draws = asked.map((rate) => drawDropout({ ...rate, seed }));
  return json ? JSON.stringify(draws) : draws.map(dropoutPicture).join('\n\n');
}

/** Options that mean nothing without another. */
function checkPairs({ shards, workers, accumulate, plan, dropout, dropoutP, seed }: InspectFlags): void {
  const alone = (where: string, other: string): never => {
    const hint = `Add ${other}, or leave it out.`;
    throw new UsageError({ where, expected: `${other} beside it`, got: `no ${other}`, hint });
  };
  if (shards !== undefined && !plan) alone('--shards', '--plan');
  if (accumulate !== undefined && !plan) alone('--accumulate', '--plan');
  if (workers !== undefined && !plan) alone('--workers', '--plan');
  if (dropoutP !== undefined && !dropout) alone('--dropout-p', '--dropout');
  if (seed !== undefined && !dropout) alone('--seed', '--dropout');
  if (plan && dropout) {
    const hint = 'Leave one of them out.';
    throw new UsageError({ where: '--dropout', expected: 'no --plan beside it', got: '--plan', hint });
  }
}

async function runSubject(path: string, flags: InspectFlags): Promise<Subject> {
  const given = flags.data ? '--data' : flags.input ? '--input' : flags.classes ? '--classes' : undefined;
  if (given) {
    const hint = 'Leave it out: the run knows what it was trained on.';
    throw new UsageError({ where: given, expected: 'a model', got: `the run ${path}`, hint });
  }
  const record = readRecord(path);
  const { shape, classes, trainCount, testCount } = record.dataset;
  return {
    name: path,
    model: await modelOfRun(path, record),
    inputShape: shape,
    classes: classes.length,
    samples: trainCount + testCount,
  };
}

async function modelSubject(text: string, flags: InspectFlags): Promise<Subject> {
  const choice = chooseModel(text);
  const task = await taskOf(flags);
  return { name: choice.name, model: await buildModel(choice, { seed: 0, ...task }), ...task };
}

async function taskOf({
  data,
  input,
  classes,
}: InspectFlags): Promise<Pick<Subject, 'inputShape' | 'classes' | 'samples'>> {
  if (input) {
    if (data === undefined) return { inputShape: input, classes: classes ?? 10, samples: 0 };
    const hint = 'Leave one of them out.';
    throw new UsageError({ where: '--input', expected: 'no --data beside it', got: data, hint });
  }
  const name = resolveData(data ?? defaults.data);
  const facts = listDatasets().find((listed) => listed.facts.name === name)?.facts;
  const task = facts ?? (await loadSplit(name, { split: 'train', limit: 1 }));
  const samples = facts ? facts.counts.train + facts.counts.test : 0;
  return { inputShape: task.shape, classes: classes ?? task.classes.length, samples };
}

function describe(name: string, summary: ModelSummary, advice: readonly Advice[] | undefined): string {
  const { inputShape, layers, parameters, flops, memory } = summary;
  const shape = (extents: readonly number[]): string => `[B, ${extents.join(', ')}]`;
  const layerTable = table(
    [
      { title: 'name' },
      { title: 'layer' },
      { title: 'output' },
      { title: 'parameters', align: 'right' },
      { title: 'FLOPs', align: 'right' },
    ],
    layers.map((call) => [
      call.name,
      call.layer,
      shape(call.output),
      call.parameters ? grouped(call.parameters) : '',
      call.flops ? grouped(call.flops) : '',
    ]),
    ['total', '', '', grouped(parameters), grouped(flops.forward)],
  );
  const { batchSize, parameterBytes, optimizerBytes, workspaceBytes } = memory;
  return [
    `${name}, input ${shape(inputShape)}`,
    '',
    layerTable,
    '',
    `FLOPs for one sample: forward ${scaled(flops.forward)}, training ${scaled(flops.training)} (multiply-adds of convolutions and products × 2)`,
    `memory of a training step, batch ${batchSize}: parameters ${bytes(parameterBytes)}, SGD's momentum ${bytes(optimizerBytes)}, activations and gradients ${bytes(workspaceBytes)}`,
    ...(advice ? ['', adviceText(advice)] : []),
  ].join('\n');
}

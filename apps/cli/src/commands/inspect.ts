/** `lockstep inspect`: the layers of a model, what they cost and what they need. */
import type { nn } from '@lockstep/core';
import { listDatasets } from '@lockstep/data/node';
import { plannedShards } from '@lockstep/scheduler';
import { loadSplit, resolveData } from '../data-sets.ts';
import { defaults } from '../defaults.ts';
import { UsageError } from '../errors.ts';
import { buildModel, chooseModel } from '../model/load-model.ts';
import { describePlan, planOf } from '../model/plan-table.ts';
import { type ModelSummary, summarize } from '../model/summary.ts';
import { isRunFolder, readRecord } from '../run/run-record.ts';
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
  readonly json?: boolean;
}

interface Subject {
  readonly name: string;
  readonly model: nn.Module;
  readonly inputShape: readonly number[];
  readonly classes: number;
}

export async function inspectCommand(text: string, flags: InspectFlags): Promise<number> {
  const subject = isRunFolder(text) ? await runSubject(text, flags) : await modelSubject(text, flags);
  if (flags.shards !== undefined && !flags.plan) {
    const hint = 'Add --plan, or leave it out.';
    throw new UsageError({ where: '--shards', expected: '--plan beside it', got: 'no --plan', hint });
  }
  if (flags.plan) {
    const { batchSize } = flags;
    const shards = Math.min(flags.shards ?? plannedShards(batchSize), batchSize);
    const plan = planOf(subject.model, { inputShape: subject.inputShape, batchSize, shards });
    process.stdout.write(`${flags.json ? JSON.stringify(plan) : describePlan(subject.name, plan)}\n`);
    return 0;
  }
  const summary = summarize(subject.model, { ...subject, batchSize: flags.batchSize });
  process.stdout.write(`${flags.json ? JSON.stringify(summary) : describe(subject.name, summary)}\n`);
  return 0;
}

async function runSubject(path: string, flags: InspectFlags): Promise<Subject> {
  const given = flags.data ? '--data' : flags.input ? '--input' : flags.classes ? '--classes' : undefined;
  if (given) {
    const hint = 'Leave it out: the run knows what it was trained on.';
    throw new UsageError({ where: given, expected: 'a model', got: `the run ${path}`, hint });
  }
  const record = readRecord(path);
  const { shape, classes } = record.dataset;
  return { name: path, model: await modelOfRun(path, record), inputShape: shape, classes: classes.length };
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
}: InspectFlags): Promise<{ inputShape: readonly number[]; classes: number }> {
  if (input) {
    if (data === undefined) return { inputShape: input, classes: classes ?? 10 };
    const hint = 'Leave one of them out.';
    throw new UsageError({ where: '--input', expected: 'no --data beside it', got: data, hint });
  }
  const name = resolveData(data ?? defaults.data);
  const facts = listDatasets().find((listed) => listed.facts.name === name)?.facts;
  const task = facts ?? (await loadSplit(name, { split: 'train', limit: 1 }));
  return { inputShape: task.shape, classes: classes ?? task.classes.length };
}

function describe(name: string, summary: ModelSummary): string {
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
  ].join('\n');
}

/** `inspect --plan`: what the compiler chose for a training step and why, op by op, and what a run needs of the memory. */
import { type nn, type OpLabel, type Program, SGD } from '@lockstep/core';
import { planStep, type RunMemory, runMemory } from '@lockstep/scheduler';
import { bytes, grouped, scaled } from '../ui/format.ts';
import { table } from '../ui/table.ts';

export interface StepPlan {
  readonly batchSize: number;
  readonly shards: number;
  readonly phases: number;
  readonly tasks: number;
  readonly calls: number;
  readonly workspaceBytes: number;
  readonly scratchBytes: number;
  readonly flops: number;
  readonly ops: readonly OpLabel[];
  /** Of a run of such steps, without evaluation. */
  readonly memory: RunMemory;
}

/** Plans the step as `train` does with SGD and momentum. */
export function planOf(
  model: nn.Module,
  options: {
    inputShape: readonly number[];
    batchSize: number;
    shards: number;
    workers: number;
    samples: number;
    accumulate?: number | undefined;
  },
): StepPlan {
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const program: Program = planStep({ model, optimizer, ...options });
  const { report, phases, scratchBytes } = program;
  const ops = program.labels?.ops ?? [];
  const flops = ops.reduce((sum, op) => sum + op.flops, 0);
  const { batchSize, shards, workers, inputShape, samples } = options;
  // Pixels are bytes, everything else and the class is four.
  const elementBytes = inputShape.length === 3 ? 1 : 4;
  const sampleBytes = inputShape.reduce((product, extent) => product * extent, elementBytes) + 4;
  const programs = [{ name: `training step of ${batchSize}`, program }];
  const memory = runMemory({ model, optimizer, dataBytes: samples * sampleBytes, programs, workers });
  return { batchSize, shards, phases: phases.length, ...report, scratchBytes, flops, ops, memory };
}

export function describePlan(name: string, plan: StepPlan): string {
  const { batchSize, shards, phases, tasks, calls, flops } = plan;
  const right = (title: string) => ({ title, align: 'right' as const });
  const texts = ['phase', 'layer', 'operation', 'cut', 'kernels'].map((title) => ({ title }));
  const rows = [...plan.ops].sort((a, b) => a.phase - b.phase).map(cells);
  return [
    `${name}: a training step of ${grouped(batchSize)} samples in ${grouped(shards)} ${shards === 1 ? 'shard' : 'shards'}, SGD with momentum`,
    '',
    table([...texts, right('tasks'), right('calls'), right('FLOPs'), right('bytes'), { title: 'why' }], rows),
    '',
    `${phases} phases, ${grouped(tasks)} tasks, ${grouped(calls)} calls (prologue included), ${scaled(flops)} FLOPs a step as if nothing were zero`,
    '',
    table(
      [{ title: 'memory of a run' }, right('bytes')],
      plan.memory.parts.map((part) => [part.name, bytes(part.bytes)]),
      ['total', bytes(plan.memory.bytes)],
    ),
  ].join('\n');
}

function cells(op: OpLabel): string[] {
  return [
    op.phase < 0 ? 'before' : String(op.phase),
    op.layer,
    op.op,
    op.bySamples ? 'samples' : op.tasks > 1 ? 'tiles' : 'whole',
    op.kernels.join(', '),
    grouped(op.tasks),
    grouped(op.calls),
    op.flops ? scaled(op.flops) : '',
    bytes(op.bytes),
    op.reason,
  ];
}

/** `inspect --plan`: what the compiler chose for a training step and why, op by op. */
import { type nn, type OpLabel, type Program, SGD } from '@lockstep/core';
import { planStep } from '@lockstep/scheduler';
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
}

/** Plans the step as `train` does with SGD and momentum. */
export function planOf(
  model: nn.Module,
  options: { inputShape: readonly number[]; batchSize: number; shards: number },
): StepPlan {
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const program: Program = planStep({ model, optimizer, ...options });
  const { report, phases, scratchBytes } = program;
  const ops = program.labels?.ops ?? [];
  const flops = ops.reduce((sum, op) => sum + op.flops, 0);
  const { batchSize, shards } = options;
  return { batchSize, shards, phases: phases.length, ...report, scratchBytes, flops, ops };
}

export function describePlan(name: string, plan: StepPlan): string {
  const { batchSize, shards, phases, tasks, calls, workspaceBytes, scratchBytes, flops } = plan;
  const right = (title: string) => ({ title, align: 'right' as const });
  const texts = ['phase', 'layer', 'operation', 'cut', 'kernels'].map((title) => ({ title }));
  const rows = [...plan.ops].sort((a, b) => a.phase - b.phase).map(cells);
  return [
    `${name}: a training step of ${grouped(batchSize)} samples in ${grouped(shards)} ${shards === 1 ? 'shard' : 'shards'}, SGD with momentum`,
    '',
    table([...texts, right('tasks'), right('calls'), right('FLOPs'), right('bytes'), { title: 'why' }], rows),
    '',
    `${phases} phases, ${grouped(tasks)} tasks, ${grouped(calls)} calls (prologue included), ${scaled(flops)} FLOPs a step as if nothing were zero`,
    `workspace ${bytes(workspaceBytes)}, scratch of each worker ${bytes(scratchBytes)}`,
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

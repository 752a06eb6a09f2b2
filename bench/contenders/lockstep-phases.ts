/**
 * Where a training step goes: for each phase its time on this number of workers and its tasks; for the step its FLOPs and the bytes that
 * its weights move. Prints medians over the recorded steps, and the time of a step by the wall clock.
 * Argument: {"model", "dropout", "batch", "workers", "steps"}.
 */
import { manualSeed, SGD } from '@lockstep/core';
import { Profiler, planStep, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { models, randomData } from './lockstep-models.ts';

const options = JSON.parse(process.argv.at(-1)!) as Record<'batch' | 'workers' | 'steps' | 'dropout', number> & {
  model: string;
};
enableRevectorize();
manualSeed(0);
const { shape, model } = models[options.model]!(options.dropout);
const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
const program = planStep({ model, optimizer, inputShape: shape, batchSize: options.batch });
const tasks = program.phases.map(({ bounds }) => bounds.length / 2);
const sum = (op: RegExp, key: 'bytes' | 'flops'): number =>
  program.labels!.ops.filter((label) => op.test(label.op)).reduce((total, label) => total + label[key], 0);

const profiler = new Profiler({ steps: 64 });
const pool = new NodePool({ workers: options.workers });
const count = options.batch * options.steps;
const ends: number[] = [];
await train({
  model,
  optimizer,
  data: randomData(shape, count),
  batchSize: options.batch,
  epochs: 3,
  pool,
  profiler,
  onEvent: (event) => {
    if (event.type === 'epoch') ends.push(performance.now());
  },
});
await pool.close();
const { workers } = profiler.profile();
const phaseMs = tasks.map((_, phase) => {
  const spans = workers[0]!.filter((span) => span.kind === 'phase' && span.phase === phase);
  return median(spans.map(({ startMs, endMs }) => endMs - startMs));
});
console.log(
  JSON.stringify({
    stepMs: (ends[2]! - ends[1]!) / options.steps,
    phases: tasks.map((n, i) => ({ tasks: n, ms: phaseMs[i]! })),
    flops: sum(/./, 'flops'),
    // An update reads and writes weight and momentum; a packed copy is written once and read once or more.
    weightBytes: 4 * sum(/^update/, 'bytes') + 2 * sum(/pack|winogradWeights/i, 'bytes'),
  }),
);

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}

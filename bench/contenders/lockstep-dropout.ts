/**
 * Dropout of one large tensor as the engine runs it: a compiled program on the workers of a NodePool, 128 tasks and a barrier a step.
 * Included: claiming tasks, barrier, writing the output; with `backward` the gradient too, from a given dy, its mask drawn again.
 * Prints elements/s of the median block. Argument: {"workers", "side" (the tensor is side × side), "backward", "blocks", "warmMs", "blockMs"}.
 */
import { compile, defaultArena, F, gradients, inputTensor, type Node, traceWith } from '@lockstep/core';
import { plannedShards } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

interface Options {
  readonly workers: number;
  readonly side: number;
  readonly backward: boolean;
  readonly blocks: number;
  readonly warmMs: number;
  readonly blockMs: number;
}

const { workers, side, backward, blocks, warmMs, blockMs } = JSON.parse(process.argv.at(-1)!) as Options;
const kernels = enableRevectorize();
const scheduler = import.meta.resolve('@lockstep/scheduler');
// Not a public export: the bench looks inside, at the built code.
const { Session } = (await import(
  new URL('train/session.js', scheduler).href
)) as typeof import('../../packages/scheduler/src/train/session.ts');

const arena = defaultArena();
const pool = new NodePool({ workers });
const session = new Session({ arena, pool, hyperWords: 0 });
const traced = traceWith(1, () => {
  const x = inputTensor('x', { shape: [side, side], dtype: 'f32' });
  const dy = inputTensor('dy', { shape: [side, side], dtype: 'f32' });
  const y = F.dropout(x, { p: 0.5 });
  const dx = backward ? (gradients(y.node, dy.node, [x.node]) as Node[]) : [];
  return { outputs: [y.node, ...dx], inputs: backward ? [x.node, dy.node] : [x.node] };
});
const { program, outputs } = compile(
  { outputs: [...traced.inputs, ...traced.outputs] },
  { arena, control: session.control, batch: side, shards: plannedShards(side) },
);
for (const address of outputs.slice(0, traced.inputs.length)) {
  const values = new Float32Array(arena.memory.buffer, address, side * side);
  for (let i = 0; i < values.length; i++) values[i] = normalish(i);
}
const shared = session.add(program, []);

/** A sum of four uniform bytes: close to normal, mean 0, deviation 1. */
function normalish(i: number): number {
  const bits = Math.imul(i ^ (i >>> 15), 0x9e3779b9) ^ (i << 3);
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 147.8;
}

let done = 0;
/** Milliseconds a step. */
async function run(steps: number): Promise<number> {
  const first = done;
  done += steps;
  const started = performance.now();
  await session.run({
    steps: Array.from({ length: steps }, (_, i) => ({ program: shared, step: first + i, samples: 0 })),
    fillIndices: () => {},
  });
  return (performance.now() - started) / steps;
}

const warmUntil = performance.now() + warmMs;
let stepMs = await run(2);
while (performance.now() < warmUntil) stepMs = await run(Math.max(1, Math.ceil(20 / stepMs)));
const steps = Math.max(1, Math.ceil(blockMs / stepMs));
const times: number[] = [];
for (let block = 0; block < blocks; block++) times.push(await run(steps));
times.sort((a, b) => a - b);

const y = new Float32Array(arena.memory.buffer, outputs[traced.inputs.length]!, side * side);
const kept = y.reduce((count, value) => count + Number(value !== 0), 0) / y.length;
if (Math.abs(kept - 0.5) > 0.02) throw new Error(`dropout kept ${kept} of the elements`);
await pool.close();
const gigaElementsPerSecond = (side * side) / times[times.length >> 1]! / 1e6;
console.log(JSON.stringify({ gigaElementsPerSecond, kept, kernels }));

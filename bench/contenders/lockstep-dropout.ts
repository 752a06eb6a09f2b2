/**
 * A member of the dropout family on one large tensor as the engine runs it: a compiled program on the workers of a NodePool, up to 128 tasks
 * and a barrier a step. Included: claiming tasks, barrier, writing the output; with `backward` the gradient too, from a given dy, its mask
 * drawn again. Prints elements/s of the median block.
 * Argument: {"workers", "member", "side" (the tensor has side × side floats), "backward", "blocks", "warmMs", "blockMs"}.
 */
import { compile, defaultArena, F, gradients, inputTensor, type Node, type Tensor, traceWith } from '@lockstep/core';
import { plannedShards } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

interface Options {
  readonly workers: number;
  readonly member: keyof typeof members;
  readonly side: number;
  readonly backward: boolean;
  readonly blocks: number;
  readonly warmMs: number;
  readonly blockMs: number;
}

/** p of every member. */
const p = 0.5;
/** What alpha dropout sets an element to: a·α′·(p − 1). */
const alphaDropped = Math.fround(-0.7791939305180315);
const zero = (y: number) => y === 0;

interface Member {
  readonly run: (x: Tensor) => Tensor;
  /** The tensor's shape for side × side floats. */
  readonly shape: (side: number) => number[];
  /** What about half of the elements are, given x. */
  readonly half: (y: number, x: number) => boolean;
}

const square = (side: number) => [side, side];
const members = {
  dropout: { run: (x) => F.dropout(x, { p }), shape: square, half: zero },
  dropout2d: { run: (x) => F.dropout2d(x, { p }), shape: (side) => [side / 16, side / 16, 16, 16], half: zero },
  alphaDropout: {
    run: (x) => F.alphaDropout(x, { p, training: true }),
    shape: square,
    half: (y) => y === alphaDropped,
  },
  gaussianDropout: {
    run: (x) => F.gaussianDropout(x, { p }),
    shape: square,
    half: (y, x) => (x === 0 ? y === 0 : y / x > 1),
  },
  dropPath: { run: (x) => F.dropPath(x, { p }), shape: square, half: zero },
} satisfies Record<string, Member>;

const { workers, member: name, side, backward, blocks, warmMs, blockMs } = JSON.parse(process.argv.at(-1)!) as Options;
const member: Member = members[name];
const shape = member.shape(side);
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
  const x = inputTensor('x', { shape, dtype: 'f32' });
  const dy = inputTensor('dy', { shape, dtype: 'f32' });
  const y = member.run(x);
  const dx = backward ? (gradients(y.node, dy.node, [x.node]) as Node[]) : [];
  return { outputs: [y.node, ...dx], inputs: backward ? [x.node, dy.node] : [x.node] };
});
const { program, outputs } = compile(
  { outputs: [...traced.inputs, ...traced.outputs] },
  { arena, control: session.control, batch: shape[0]!, shards: plannedShards(shape[0]!) },
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

const floats = (address: number) => new Float32Array(arena.memory.buffer, address, side * side);
const [x, y] = [floats(outputs[0]!), floats(outputs[traced.inputs.length]!)];
const half = y.reduce((count, value, i) => count + Number(member.half(value, x[i]!)), 0) / y.length;
// Five standard deviations of a share of as few as 256 decisions.
if (Math.abs(half - 0.5) > 0.16) throw new Error(`${name}: expected about half of the elements, got ${half}`);
await pool.close();
const gigaElementsPerSecond = (side * side) / times[times.length >> 1]! / 1e6;
console.log(JSON.stringify({ gigaElementsPerSecond, half, kernels }));

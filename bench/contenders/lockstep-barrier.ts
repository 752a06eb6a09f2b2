/**
 * The barrier between phases in Node: a program of many phases of one trivial task each, run on a pool. Included: the claim of a task
 * and the interpreter's few nanoseconds. Prints microseconds a phase, median block. Argument: {"workers", "phases", "blocks"}.
 */
import { defaultArena, type Program } from '@lockstep/core';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

const { workers, phases, blocks } = JSON.parse(process.argv.at(-1)!) as Record<'workers' | 'phases' | 'blocks', number>;
enableRevectorize();
const scheduler = import.meta.resolve('@lockstep/scheduler');
// Not a public export: the bench looks inside, at the built code.
const { Session } = (await import(
  new URL('train/session.js', scheduler).href
)) as typeof import('../../packages/scheduler/src/train/session.ts');

const arena = defaultArena();
const pool = new NodePool({ workers });
const session = new Session({ arena, pool, hyperWords: 0 });
// A phase without calls: one task, words [0, 0).
const program: Program = {
  words: new Int32Array(1),
  relocations: new Int32Array(0),
  prologue: [],
  phases: Array.from({ length: phases }, () => ({ bounds: Int32Array.of(0, 0) })),
  checkedPhases: 0,
  scratchBytes: 64,
  blocks: [],
  report: { tasks: phases, calls: 0, workspaceBytes: 0 },
};
const shared = session.add(program, []);
const plan = (steps: number) => ({
  steps: Array.from({ length: steps }, (_, step) => ({ program: shared, step, samples: 0 })),
  fillIndices: () => {},
});
const times: number[] = [];
for (let block = 0; block < blocks; block++) {
  // The cost of starting a segment cancels out in the difference of a long and a short one.
  const started = performance.now();
  await session.run(plan(1));
  const between = performance.now();
  await session.run(plan(21));
  times.push((1000 * (performance.now() - between - (between - started))) / (20 * phases));
}
await pool.close();
times.sort((a, b) => a - b);
console.log(JSON.stringify({ microseconds: times[times.length >> 1] }));

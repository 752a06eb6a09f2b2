/** Compiles traced graphs and runs them in this thread as workers would, with hostile scratch and any order of tasks. */
import { compile, type DType, defaultArena, kernelTable, link, type Node, type Tensor } from '@lockstep/core';
import { runTask } from '../src/run/interpreter.ts';
import { viewOf } from '../src/tensor/dtype.ts';

export interface TracedProgram {
  /** The values of an output, in place. */
  readonly data: <D extends DType>(tensor: Tensor<D>) => Tensor<D>['data'];
  /** Runs one step; `order` gives the order in which the tasks of a phase are claimed, in turn by this many workers (1). */
  readonly step: (number: number, order?: ((tasks: number) => readonly number[]) | undefined, workers?: number) => void;
  /** The next step computes again what was computed ahead, as a program does that another one ran before. */
  readonly restart: () => void;
  readonly phases: number;
  readonly tasks: number;
}

/** Bytes behind the scratch that no task may write. */
const guardBytes = 16384;

const inTurn = (tasks: number) => Array.from({ length: tasks }, (_, i) => i);

/** A program that computes `outputs`; traced inputs that the test fills must be among them. `workers`: at most so many in a step (1). */
export function programOf(
  outputs: readonly Tensor<DType>[],
  options: { batch?: number; shards?: number; workers?: number; updates?: readonly Node[] } = {},
): TracedProgram {
  const arena = defaultArena();
  const control = arena.allocate(64);
  arena.clear(control);
  const { program, outputs: addresses } = compile(
    { outputs: outputs.map((tensor) => tensor.node), updates: options.updates ?? [] },
    {
      arena,
      control: { step: control.offsetBytes, indices: control.offsetBytes + 4 },
      batch: options.batch ?? 1,
      shards: options.shards ?? 1,
    },
  );
  const table = kernelTable(arena.kernels);
  const crew = Array.from({ length: options.workers ?? 1 }, () => {
    const { offsetBytes } = arena.allocate(program.scratchBytes + guardBytes);
    const scratch = new Uint8Array(arena.memory.buffer, offsetBytes, program.scratchBytes);
    const guard = new Int32Array(arena.memory.buffer, offsetBytes + program.scratchBytes, guardBytes / 4).fill(-1);
    return { scratch, guard, words: link(program, offsetBytes) };
  });
  const run = (phases: typeof program.phases, order: (tasks: number) => readonly number[], workers: number) => {
    for (const { bounds } of phases) {
      const claimed = order(bounds.length / 2);
      // The last worker is the first: no task may wait for an earlier one of its phase.
      for (let worker = workers - 1; worker >= 0; worker--) {
        const { scratch, guard, words } = crew[worker]!;
        for (const task of claimed.filter((_, i) => i % workers === worker)) {
          // NaN everywhere: a task must not read what another one left in this worker's scratch.
          scratch.fill(0xff);
          runTask(table, words, bounds[2 * task]!, bounds[2 * task + 1]!);
          if (guard.some((word) => word !== -1)) throw new Error(`task ${task} wrote behind its scratch`);
        }
      }
    }
  };
  let started = false;
  return {
    data<D extends DType>(tensor: Tensor<D>) {
      const offsetBytes = addresses[outputs.indexOf(tensor as Tensor<DType>)]!;
      return viewOf(tensor.dtype, arena.memory, { offsetBytes, count: tensor.size }) as Tensor<D>['data'];
    },
    step(number, order = inTurn, workers = 1) {
      new Uint32Array(arena.memory.buffer, control.offsetBytes, 1)[0] = number;
      if (!started) run(program.prologue, inTurn, 1);
      started = true;
      run(program.phases, order, workers);
    },
    restart() {
      started = false;
    },
    phases: program.phases.length,
    tasks: program.report.tasks,
  };
}

/** The words of one optimizer step, where a program reads them. */
export function hyperBlock(words: Float32Array): { address: number; set: (words: Float32Array) => void } {
  const arena = defaultArena();
  const block = arena.allocate(words.byteLength);
  const set = (values: Float32Array) => new Float32Array(arena.memory.buffer, block.offsetBytes).set(values);
  set(words);
  return { address: block.offsetBytes, set };
}

/** Compiles traced graphs and runs them in this thread as workers would, with hostile scratch and any order of tasks. */
import { compile, type DType, defaultArena, kernelTable, link, type Node, type Tensor } from '@lockstep/core';
import { runTask } from '../src/run/interpreter.ts';
import { viewOf } from '../src/tensor/dtype.ts';

export interface TracedProgram {
  /** The values of an output, in place. */
  readonly data: <D extends DType>(tensor: Tensor<D>) => Tensor<D>['data'];
  /** Runs one step; `order` gives the order of the tasks of a phase. */
  readonly step: (number: number, order?: ((tasks: number) => readonly number[]) | undefined) => void;
  readonly phases: number;
  readonly tasks: number;
}

/** Bytes behind the scratch that no task may write. */
const guardBytes = 16384;

const inTurn = (tasks: number) => Array.from({ length: tasks }, (_, i) => i);

/** A program that computes `outputs`; traced inputs that the test fills must be among them. */
export function programOf(
  outputs: readonly Tensor<DType>[],
  options: { batch?: number; shards?: number; updates?: readonly Node[] } = {},
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
  const scratch = arena.allocate(program.scratchBytes + guardBytes);
  const guard = new Int32Array(arena.memory.buffer, scratch.offsetBytes + scratch.bytes - guardBytes, guardBytes / 4);
  const table = kernelTable(arena.kernels);
  const words = link(program, scratch.offsetBytes);
  const run = (phases: typeof program.phases, order: (tasks: number) => readonly number[]) => {
    for (const { bounds } of phases) {
      for (const task of order(bounds.length / 2)) {
        // NaN everywhere: a task must not read what another one left in this worker's scratch.
        new Uint8Array(arena.memory.buffer, scratch.offsetBytes, scratch.bytes).fill(0xff);
        runTask(table, words, bounds[2 * task]!, bounds[2 * task + 1]!);
        if (guard.some((word) => word !== -1)) throw new Error(`task ${task} wrote behind its scratch`);
      }
    }
  };
  let started = false;
  return {
    data<D extends DType>(tensor: Tensor<D>) {
      const offsetBytes = addresses[outputs.indexOf(tensor as Tensor<DType>)]!;
      return viewOf(tensor.dtype, arena.memory, { offsetBytes, count: tensor.size }) as Tensor<D>['data'];
    },
    step(number, order = inTurn) {
      new Uint32Array(arena.memory.buffer, control.offsetBytes, 1)[0] = number;
      if (!started) run(program.prologue, inTurn);
      started = true;
      run(program.phases, order);
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

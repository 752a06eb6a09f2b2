/** A program: what workers run. Plain data (kernel numbers, integer arguments, addresses), the same for every worker. */
import type { Block } from '../memory/arena.ts';
import type { ProgramLabels } from './labels.ts';

/** Independent tasks; a barrier stands between phases. Task i is words [bounds[2i], bounds[2i+1]). */
export interface Phase {
  readonly bounds: Int32Array;
}

export interface Program {
  /** Kernel calls one after the other: kernel number, argument count, arguments. */
  readonly words: Int32Array;
  /** Positions in `words` that hold an address relative to the worker's scratch. */
  readonly relocations: Int32Array;
  /** Run once before the first step and after parameters were written from outside: values derived from parameters. */
  readonly prologue: readonly Phase[];
  /** One step. */
  readonly phases: readonly Phase[];
  /** After so many phases the values to be checked are there, and nothing has been updated yet. */
  readonly checkedPhases: number;
  /** Scratch that each worker needs. */
  readonly scratchBytes: number;
  /** Memory that the program owns. */
  readonly blocks: readonly Block[];
  readonly report: ProgramReport;
  /** Present when the compiler was asked for them. */
  readonly labels?: ProgramLabels;
}

/** What the planner decided, for people. */
export interface ProgramReport {
  readonly tasks: number;
  readonly calls: number;
  readonly workspaceBytes: number;
}

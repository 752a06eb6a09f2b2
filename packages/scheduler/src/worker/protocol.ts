/**
 * What the coordinator sends to a worker: a segment, which is a run of consecutive steps. Plain data and shared memory, so sending it
 * copies nothing. Everything that varies from step to step stands in tables of the shared memory.
 */
import type { Phase, Program } from '@lockstep/core';
import type { SharedProfile } from './recorder.ts';

/** A program as workers need it; its arrays are on shared memory. */
export interface SharedProgram {
  readonly id: number;
  readonly words: Int32Array;
  readonly relocations: Int32Array;
  readonly prologue: readonly Phase[];
  readonly phases: readonly Phase[];
  /** After so many phases nothing has been updated yet, and `checks` are there. */
  readonly checkedPhases: number;
  /** Addresses of f32 words that are finite unless the step has gone wrong. */
  readonly checks: readonly number[];
  /** Addresses of f32 results that are copied out after each step. */
  readonly results: readonly number[];
}

/** Words of one item of a segment's table. */
export const itemWords = { program: 0, kind: 1, step: 2, indices: 3, hyper: 4, results: 5, size: 6 } as const;

/** A step of its program, or the program's prologue, which brings derived values up to date. */
export const itemKinds = { step: 0, prologue: 1 } as const;

export interface Segment {
  /** Tells sessions apart: a worker keeps its kernels and linked programs for one. */
  readonly session: number;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly programs: readonly SharedProgram[];
  /** Addresses in the shared memory. */
  readonly at: {
    readonly sync: number;
    readonly items: number;
    /** The words that kernels read: step number, address of the batch's sample numbers. */
    readonly control: number;
    readonly hyper: number;
    /** f32 words that are 0 before each step; updates whose gradients are not finite set them to NaN. */
    readonly flags: number;
    readonly scratch: number;
  };
  readonly items: number;
  /** Words copied from the item's `hyper` address to `at.hyper` before a step. */
  readonly hyperWords: number;
  readonly flagWords: number;
  readonly scratchBytes: number;
  /** Workers at most: each has scratch of its own. */
  readonly workers: number;
  /** Where events are recorded; absent: nothing is recorded. */
  readonly profile?: SharedProfile;
}

/** A copy of the program on shared memory: workers see the same arrays. In a page that may share none, the calling thread is the only worker. */
export function shareProgram(
  program: Program,
  identity: Pick<SharedProgram, 'id' | 'results' | 'checks'>,
): SharedProgram {
  return {
    ...identity,
    checkedPhases: program.checkedPhases,
    words: sharedCopy(program.words),
    relocations: sharedCopy(program.relocations),
    prologue: program.prologue.map((phase) => ({ bounds: sharedCopy(phase.bounds) })),
    phases: program.phases.map((phase) => ({ bounds: sharedCopy(phase.bounds) })),
  };
}

function sharedCopy(words: Int32Array): Int32Array {
  const isShared = typeof SharedArrayBuffer !== 'undefined';
  const copy = new Int32Array(isShared ? new SharedArrayBuffer(words.byteLength) : new ArrayBuffer(words.byteLength));
  copy.set(words);
  return copy;
}

/** What a profile is: the spans of each worker in the last steps of a run, and their sums by kernel and by layer. */
import type { OpLabel } from '@lockstep/core';
import { kernelNames } from '@lockstep/kernels';

interface TimeSpan {
  /** Since the start of the process. */
  readonly startMs: number;
  readonly endMs: number;
  readonly step: number;
}

export interface CallSpan extends TimeSpan {
  readonly kind: 'call';
  /** The kernel's number. */
  readonly kernel: number;
  readonly op: OpLabel;
  readonly flops: number;
}

/** A worker's part in a phase, or its wait at the barrier after it; a prologue's phases are numbered −1, −2, … */
interface PhaseSpan extends TimeSpan {
  readonly kind: 'phase' | 'wait';
  readonly phase: number;
}

export type Span = CallSpan | PhaseSpan;

export interface Profile {
  /** Spans of each worker, in the order in which they ended. */
  readonly workers: readonly (readonly Span[])[];
  /** Steps that the spans are of. */
  readonly steps: number;
  /** Other steps that ran: left out to keep the cost low, or overwritten by later ones. */
  readonly droppedSteps: number;
}

export interface ProfileRow {
  readonly name: string;
  readonly calls: number;
  /** Of all workers together. */
  readonly ms: number;
  /** As if no element were zero; 0 where it is not counted. */
  readonly flops: number;
}

export interface ProfileTotals {
  readonly kernels: readonly ProfileRow[];
  /** By layer; what belongs to none, by operation. */
  readonly layers: readonly ProfileRow[];
  /** Waiting for the other workers at barriers. */
  readonly waitMs: number;
  /** Claiming tasks and writing the profile. */
  readonly betweenMs: number;
  /** Everything of all workers. */
  readonly totalMs: number;
}

export function profileTotals({ workers }: Profile): ProfileTotals {
  const kernels = new Map<string, ProfileRow>();
  const layers = new Map<string, ProfileRow>();
  const sums = { call: 0, phase: 0, wait: 0 };
  for (const span of workers.flat()) {
    const ms = span.endMs - span.startMs;
    sums[span.kind] += ms;
    if (span.kind !== 'call') continue;
    add(kernels, kernelName(span), { ms, flops: span.flops });
    add(layers, span.op.layer || span.op.op, { ms, flops: span.flops });
  }
  const sorted = (rows: ReadonlyMap<string, ProfileRow>): ProfileRow[] =>
    [...rows.values()].sort((a, b) => b.ms - a.ms || (a.name < b.name ? -1 : 1));
  return {
    kernels: sorted(kernels),
    layers: sorted(layers),
    waitMs: sums.wait,
    betweenMs: sums.phase - sums.call,
    totalMs: sums.phase + sums.wait,
  };
}

export function kernelName({ kernel }: CallSpan): string {
  return kernelNames[kernel]!;
}

function add(rows: Map<string, ProfileRow>, name: string, more: { ms: number; flops: number }): void {
  const { calls = 0, ms = 0, flops = 0 } = rows.get(name) ?? {};
  rows.set(name, { name, calls: calls + 1, ms: ms + more.ms, flops: flops + more.flops });
}

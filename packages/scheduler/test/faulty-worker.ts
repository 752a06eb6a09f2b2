/** A worker file of tests: as `entry-node`, but for a fault at one place that a file describes. */
import { readFileSync, rmSync } from 'node:fs';
import { itemKinds, itemWords, type Segment } from '../src/worker/protocol.ts';
import { runSegment } from '../src/worker/run-segment.ts';
import { Sync } from '../src/worker/sync.ts';

export interface Fault {
  readonly kind: 'exit' | 'throw' | 'hang' | 'memory';
  /** Of a training step, an evaluation step, or the prologue before the first training step. */
  readonly in: 'training' | 'evaluation' | 'prologue';
  /** The step of the run, or of the evaluation, from 0. */
  readonly step: number;
  /** Default: any. */
  readonly phase?: number;
  /** Before the first task of the worker that fails, after one, at the barrier, or alone at the end of the step. */
  readonly point: 'before' | 'after' | 'barrier' | 'end';
  /** Files; the fault happens once for each, to the worker that removes it. Absent: always. */
  readonly tokens?: readonly string[];
}

/** Of the environment: the path of a file with the fault that is to happen next, JSON. */
export const faultVariable = 'LOCKSTEP_TEST_FAULT';

let fault: Fault | null = null;
let current: Segment | undefined;
let claims = 0;

export default function run(segment: Segment): void {
  fault = JSON.parse(readFileSync(process.env[faultVariable]!, 'utf8'));
  current = segment;
  claims = 0;
  runSegment(segment);
}

const { claim, barrier, countStep } = Sync.prototype;
Sync.prototype.claim = function (): number {
  claims++;
  if (claims === 1) failAt(this, 'before');
  if (claims === 2) failAt(this, 'after');
  return claim.call(this);
};
Sync.prototype.barrier = function (last): boolean {
  failAt(this, 'barrier');
  claims = 0;
  return barrier.call(this, last);
};
Sync.prototype.countStep = function (): void {
  failAt(this, 'end');
  countStep.call(this);
};

function failAt(sync: Sync, point: Fault['point']): void {
  if (!fault || !current || fault.point !== point || sync.phase !== (fault.phase ?? sync.phase)) return;
  const { at, memory, hyperWords } = current;
  const words = new Int32Array(memory.buffer);
  const prologue = words[at.items / 4 + sync.item * itemWords.size + itemWords.kind] === itemKinds.prologue;
  const place = hyperWords === 0 ? 'evaluation' : prologue ? 'prologue' : 'training';
  if (fault.in !== place) return;
  const item = prologue ? sync.item + 1 : sync.item;
  if (words[at.items / 4 + item * itemWords.size + itemWords.step] !== fault.step) return;
  if (fault.tokens && !fault.tokens.some(taken)) return;
  fail(fault.kind);
}

function taken(file: string): boolean {
  try {
    rmSync(file);
    return true;
  } catch {
    return false;
  }
}

function fail(kind: Fault['kind']): void {
  if (kind === 'exit') process.exit(7);
  if (kind === 'throw') throw new Error('thrown by the test');
  const kept: number[][] = [];
  for (;;) if (kind === 'memory') kept.push(new Array<number>(10_000).fill(kept.length + 0.5));
}

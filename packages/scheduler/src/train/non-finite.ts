/** What a run does with a step whose loss or gradients are not finite: it ends, leaves the step out, or goes back. */
import type { Node, nn, Optimizer } from '@lockstep/core';
import type { SharedProgram } from '../worker/protocol.ts';
import { diagnose, layerOf, type NonFiniteValue } from './diagnose.ts';
import type { NonFiniteEvent, TrainEvent } from './events.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import { namesOf, type StepPrograms } from './step-programs.ts';
import { captureState, restoreState, type StatefulParts, type TrainingState } from './training-state.ts';

/**
 * `stop`: a NonFiniteError ends the run. `skip`: the step is left out, and weights, optimizer and buffers stay as they were before it.
 * `rollback`: the run goes back to its last snapshot (every epoch begins with one), with half the learning rate, up to three times.
 */
export type OnNonFinite = 'stop' | 'skip' | 'rollback';

export interface NonFiniteOptions {
  /**
   * What happens when the loss or a gradient is NaN or infinite. With `skip` and `rollback` the updates wait until all gradients are known,
   * which costs time and memory. Default 'stop'.
   */
  readonly onNonFinite?: OnNonFinite | undefined;
}

/** Steps left out in a row, and ways back in all, after which a run ends. */
const most = { skips: 100, rollbacks: 3 } as const;
/** Of the steps that are left out, so many are looked into; the search takes longer than a step. */
const searched = 10;
const rateFactor = 0.5;

/** A step's loss or gradients were not finite. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
  /** The number of the step in the run, from 1. */
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** Why the run does not go on, where it was to: `after 3 ways back to a snapshot`; else empty. */
  readonly reason: string;
  /** What was not finite, and the layer and pass where that began, as far as they were found. */
  readonly finding: string;
  readonly layer: string | undefined;
  readonly pass: 'forward' | 'backward' | undefined;

  constructor(at: { step: number; epoch: number; found: Found; reason?: string }) {
    const { step, epoch, found, reason = '' } = at;
    const advice = `lower the learning rate, clip the gradients (clipGradNorm)${reason ? '' : ", or leave such steps out (onNonFinite: 'skip')"}`;
    super(`train: step ${step} of epoch ${epoch}${reason && ` ${reason}`}: ${found.text}; ${advice}`);
    this.step = step;
    this.epoch = epoch;
    this.loss = found.loss;
    this.reason = reason;
    this.finding = found.text;
    this.layer = found.layer;
    this.pass = found.pass;
  }
}

/** @throws RangeError for anything else than the three. */
export function checkNonFiniteOptions({ onNonFinite = 'stop' }: NonFiniteOptions): OnNonFinite {
  if (['stop', 'skip', 'rollback'].includes(onNonFinite)) return onNonFinite;
  throw new RangeError(`onNonFinite must be 'stop', 'skip' or 'rollback', got ${String(onNonFinite)}`);
}

interface Found {
  readonly text: string;
  readonly loss: number;
  readonly layer?: string | undefined;
  readonly pass?: 'forward' | 'backward' | undefined;
  /** Leaving steps out cannot help: a parameter is not finite. */
  readonly lasting?: boolean;
}

export interface GuardParts {
  readonly onNonFinite: OnNonFinite;
  readonly session: Session;
  readonly programs: StepPrograms;
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly data: SharedData;
  readonly progress: Progress;
  readonly stateful: StatefulParts;
  readonly onEvent: ((event: TrainEvent) => void) | undefined;
}

export class NonFiniteGuard {
  readonly #parts: GuardParts;
  #kept: TrainingState | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** The run may go back to this moment; only between two steps. */
  keep(): void {
    if (this.#parts.onNonFinite === 'rollback') this.#kept = captureState(this.#parts.stateful);
  }

  /**
   * Deals with the step after those that are counted, which the session found `wrong`.
   *
   * @throws NonFiniteError if that ends the run.
   */
  handle(at: { program: SharedProgram; samples: number; wrong: 'left' | 'done' }): void {
    const { onNonFinite, optimizer, progress } = this.#parts;
    const { epoch, skippedSteps = 0, skippedInARow = 0, rollbacks = 0 } = progress.state;
    const step = optimizer.steps + 1;
    const fails = (found: Found, reason = ''): never => {
      throw new NonFiniteError({ step, epoch, found, reason });
    };
    const found = onNonFinite === 'skip' && skippedSteps >= searched ? this.#seen(at) : this.#find(at);
    if (onNonFinite === 'stop') fails(found);
    if (found.lasting && onNonFinite === 'skip') fails(found, 'cannot be left out');
    if (onNonFinite === 'skip') {
      if (skippedInARow >= most.skips) fails(found, `after ${most.skips} steps left out in a row`);
      progress.skipStep();
      this.#tell({ action: 'skip', epoch, step: optimizer.steps, finding: found.text });
      return;
    }
    if (rollbacks >= most.rollbacks) fails(found, `after ${most.rollbacks} ways back to a snapshot`);
    this.#goBack(rollbacks + 1);
    this.#tell({ action: 'rollback', epoch, step: optimizer.steps, finding: found.text, lr: optimizer.lr });
  }

  #goBack(rollbacks: number): void {
    const { stateful, optimizer, progress } = this.#parts;
    restoreState(this.#kept!, stateful);
    for (const group of optimizer.groups) group.lr *= rateFactor;
    progress.state = { ...progress.state, rollbacks };
    this.keep();
  }

  #tell(event: Omit<NonFiniteEvent, 'type'>): void {
    this.#parts.onEvent?.({ type: 'nonFinite', ...event });
  }

  /** What the step left behind: its loss, and the gradients that are not finite. */
  #seen({ program }: { program: SharedProgram }): Found {
    const { session, optimizer, model } = this.#parts;
    const loss = new Float32Array(session.arena.memory.buffer, program.checks[0]!, 1)[0]!;
    if (!Number.isFinite(loss)) return { text: `a loss of ${loss}`, loss };
    const names = namesOf(model);
    const flags = new Float32Array(session.arena.memory.buffer, session.flags.address, session.flags.words);
    const flagged = optimizer.parameters.filter((_, i) => i < flags.length && flags[i] !== 0);
    // The backward pass comes to the last layer first.
    const last = lastOf(
      flagged.map(({ node }) => node),
      names,
    );
    if (last === undefined) return { text: `a loss of ${loss}, a gradient is not finite`, loss, pass: 'backward' };
    const more = flagged.length > 1 ? ` and of ${flagged.length - 1} more` : '';
    const text = `a loss of ${loss}, but the gradient of ${last}${more} is not finite (backward)`;
    return { text, loss, layer: layerOf(last), pass: 'backward' };
  }

  #find(at: { program: SharedProgram; samples: number; wrong: 'left' | 'done' }): Found {
    const seen = this.#seen(at);
    const value = at.wrong === 'left' ? diagnose({ ...this.#parts, samples: at.samples }) : undefined;
    if (!value) return seen;
    const begin = Number.isFinite(seen.loss) ? `a loss of ${seen.loss}, but gradients are not finite` : seen.text;
    return {
      text: `${begin}; first in ${describe(value)}`,
      loss: seen.loss,
      layer: value.layer,
      pass: value.pass,
      lasting: value.where.startsWith('the parameter'),
    };
  }
}

function lastOf(nodes: readonly Node[], names: ReadonlyMap<Node, string>): string | undefined {
  return [...names].findLast(([node]) => nodes.includes(node))?.[1];
}

function describe({ where, pass, count, size, value }: NonFiniteValue): string {
  return `${where} (${pass}): ${count} of ${size} values are not finite, the first is ${value}`;
}

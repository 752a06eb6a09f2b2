/**
 * Forward passes of a model over whole data sets, run on the workers, of which only statistics are kept: the mean over the passes, and the
 * sum of squared deviations from it, of whatever is observed of each input.
 */
import {
  compile,
  computedFrom,
  defaultArena,
  empty,
  fixedValues,
  fuse,
  inputTensor,
  markWritten,
  type Node,
  type nn,
  type Seed,
  ShapeError,
  type Tensor,
  tracedDropoutCalls,
  traceWith,
  welfordNode,
} from '@lockstep/core';
import { batches, type Dataset } from '@lockstep/data';
import { InlinePool } from '../pool/inline.ts';
import type { Pool } from '../pool/pool.ts';
import type { SharedProgram } from '../worker/protocol.ts';
import { persistently } from './persistence.ts';
import { type PlannedStep, type SegmentPlan, Session } from './session.ts';
import { type SharedInputs, shareData, shareTensor } from './shared-data.ts';
import { inEvaluationMode, plannedShards } from './step-programs.ts';

/** How passes are run; nothing here changes a result. */
export interface PassOptions {
  /** Default: the calling thread alone. */
  readonly pool?: Pool;
  /** Logical shards of a batch. Default: about eight samples each. */
  readonly shards?: number;
  readonly signal?: AbortSignal;
}

/** A value of each input of a batch [B, …], and whether its squared deviations are wanted beside its mean. */
export interface Observation {
  readonly value: Tensor;
  readonly deviations: boolean;
}

/** Over all passes, of each of the N inputs [N, …]. */
export interface Moments {
  readonly mean: Tensor;
  /** The sum of squared deviations from the mean. */
  readonly m2: Tensor | undefined;
}

export interface Passes extends PassOptions {
  readonly model: nn.Module;
  readonly data: Dataset | Tensor;
  /** 1 to `mostPasses`. */
  readonly count: number;
  readonly seed: Seed;
  /** The modules that stay in training mode. */
  readonly keepsOn?: (module: nn.Module) => boolean;
  /** Called while tracing: what to keep of the model's output [B, …]. `dropoutCalls`: those that were on. */
  observe(output: Tensor, dropoutCalls: number): readonly Observation[];
}

/**
 * Inputs that run together. The number is part of the random streams, like a batch size in training: in pass s, input i has row i mod 256 of
 * step ⌊i/256⌋·2¹⁶ + s. So a mask depends on the seed, the call, the pass and the input's place among all inputs, and on nothing else.
 */
const blockSize = 256;
/** The step number is one u32: pass and block have half of its bits each. */
export const mostPasses: number = 2 ** 16;
const mostBlocks = 2 ** 16;
/** Sample numbers in the tables of one segment: 4 MiB. */
const segmentSamples = 2 ** 20;

/** The words that programs read: the passes that came before, and the first input of the block. */
const hyperWords = 2;

/** What programs read stays reachable while they run, even if the caller keeps nothing of it. */
const inUse = new Set<object>();

/** Rejects with the signal's reason when aborted; every module has its own mode back before the first pass runs. */
export async function runPasses(passes: Passes): Promise<Moments[]> {
  const arena = defaultArena();
  const session = new Session({ arena, pool: passes.pool ?? new InlinePool(), hyperWords });
  const held = { passes, tensor: undefined as Tensor | undefined };
  inUse.add(held);
  try {
    passes.signal?.throwIfAborted();
    const { data } = passes;
    let shared: SharedInputs;
    if ('labels' in data) shared = shareData(data, session);
    else ({ tensor: held.tensor, shared } = shareTensor(data, arena));
    const programs = new PassPrograms(session, passes, shared);
    await runBlocks(session, passes, { programs, count: shared.count });
    markWritten(programs.moments.flatMap(({ mean, m2 }) => (m2 ? [mean, m2] : [mean])));
    return programs.moments;
  } finally {
    inUse.delete(held);
    session.release();
  }
}

/** Block after block, all passes of one before the next, so that its inputs and statistics stay in the cache. */
async function runBlocks(
  session: Session,
  { count: passes, signal }: Passes,
  of: { programs: PassPrograms; count: number },
): Promise<void> {
  const plan = batches({ count: of.count, batchSize: blockSize });
  if (plan.steps > mostBlocks)
    throw new RangeError(`data: expected at most ${mostBlocks * blockSize} samples, got ${of.count}; run it in parts`);
  const blocksAtOnce = Math.max(1, Math.floor(segmentSamples / (blockSize * passes)));
  for (let first = 0; first < plan.steps; first += blocksAtOnce) {
    const blocks = Array.from({ length: Math.min(blocksAtOnce, plan.steps - first) }, (_, i) => first + i);
    const steps = blocks.flatMap((block) =>
      stepsOf(block, { samples: plan.sizeOf(block), passes, programs: of.programs }),
    );
    const segment: SegmentPlan = {
      steps,
      fillIndices(i, into) {
        const { block, ofData } = steps[i]!;
        if (ofData) plan.fill(block, into);
        else for (let row = 0; row < into.length; row++) into[row] = row;
      },
      hyper: (i, into) => into.set([steps[i]!.pass, steps[i]!.block * blockSize]),
    };
    // Of a lost segment nothing counts: the first pass of a block overwrites its statistics.
    await persistently(session.pool, { what: 'the prediction', run: () => session.run(segment, { signal }) });
    signal?.throwIfAborted();
  }
}

interface PassStep extends PlannedStep {
  readonly block: number;
  readonly pass: number;
  /** Whether it gathers samples of the data, or rows of what the block's first step has stored. */
  readonly ofData: boolean;
}

/** What does not depend on the pass, if it is computed apart, then pass after pass. */
function stepsOf(block: number, of: { samples: number; passes: number; programs: PassPrograms }): PassStep[] {
  const { fixed, pass: program } = of.programs.ofSize(of.samples);
  const step = (pass: number) => ({ block, pass, step: block * mostPasses + pass, samples: of.samples });
  const before = fixed ? [{ ...step(0), program: fixed, ofData: true }] : [];
  return [...before, ...Array.from({ length: of.passes }, (_, pass) => ({ ...step(pass), program, ofData: !fixed }))];
}

/** The programs of a block of one size. */
interface BlockPrograms {
  /** Stores what random draws do not reach, for all passes; absent where nothing is gained. */
  readonly fixed: SharedProgram | undefined;
  readonly pass: SharedProgram;
}

/** The programs for each size of a block: all of them whole, but for the last. */
class PassPrograms {
  /** Filled by the first programs. */
  moments: Moments[] = [];
  readonly #session: Session;
  readonly #passes: Passes;
  readonly #data: SharedInputs;
  readonly #programs = new Map<number, BlockPrograms>();

  constructor(session: Session, passes: Passes, data: SharedInputs) {
    this.#session = session;
    this.#passes = passes;
    this.#data = data;
  }

  ofSize(samples: number): BlockPrograms {
    const known = this.#programs.get(samples);
    if (known) return known;
    const programs = this.#build(samples);
    this.#programs.set(samples, programs);
    return programs;
  }

  #build(samples: number): BlockPrograms {
    const { model, seed, keepsOn, count } = this.#passes;
    const observed = inEvaluationMode(model, () => traceWith(seed, () => this.#observe(samples)), keepsOn);
    if (this.moments.length === 0) this.moments = observed.map((of) => this.#momentsOf(of));
    // What the forward pass would change besides (running statistics that a module updates in evaluation too) is not among the roots.
    const values = fuse(observed.map(({ value }) => value.node));
    const fixed = count > 1 ? fixedValues(values, samples) : [];
    if (fixed.length === 0)
      return { fixed: undefined, pass: this.#add(samples, { updates: this.#updates(values) }).program };
    const first = this.#add(samples, { outputs: fixed });
    const addresses = new Map(fixed.map((node, i) => [node, first.outputs[i]!]));
    const updates = this.#updates(computedFrom(values, addresses, samples));
    return { fixed: first.program, pass: this.#add(samples, { updates }).program };
  }

  #updates(values: readonly Node[]): Node[] {
    const at = this.#session.hyperAddress;
    return this.moments.map(({ mean, m2 }, i) => welfordNode(values[i]!, { mean: mean.node, m2: m2?.node, at }));
  }

  #add(
    samples: number,
    { outputs = [], updates = [] }: { outputs?: readonly Node[]; updates?: readonly Node[] },
  ): { program: SharedProgram; outputs: readonly number[] } {
    const { arena, control } = this.#session;
    const shards = this.#passes.shards ?? plannedShards(samples);
    const compiled = compile({ outputs, updates }, { arena, control, batch: samples, shards });
    return { program: this.#session.add(compiled.program, []), outputs: compiled.outputs };
  }

  #observe(samples: number): readonly Observation[] {
    const { shape, inputs } = this.#data;
    const x = inputTensor('x', { shape: [samples, ...shape], dtype: 'f32', source: inputs });
    const output = this.#passes.model.forward(x);
    if (output.shape[0] !== samples)
      throw new ShapeError(
        `model: expected an output for each of ${samples} samples, got shape [${output.shape.join(', ')}]`,
      );
    return this.#passes.observe(output, tracedDropoutCalls());
  }

  #momentsOf({ value, deviations }: Observation): Moments {
    const shape = [this.#data.count, ...value.shape.slice(1)];
    return { mean: empty(shape), m2: deviations ? empty(shape) : undefined };
  }
}

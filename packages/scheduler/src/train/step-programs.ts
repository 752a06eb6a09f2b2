/** Traces a model once per batch size and compiles its training and evaluation steps. */
import {
  compile,
  constantNode,
  correctPredictions,
  type DropoutSchedule,
  full,
  fuse,
  gradients,
  type InputSource,
  inputTensor,
  mixedCorrect,
  mixedLoss,
  type Node,
  type nn,
  type Optimizer,
  type RateTable,
  type Seed,
  ShapeError,
  type Tensor,
  tracedEffects,
  traceWith,
} from '@lockstep/core';
import type { SharedProgram } from '../worker/protocol.ts';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';

/** From the model's output and the targets to one number. */
export type LossFunction = (output: Tensor, target: Tensor<'i32'>) => Tensor;

export interface StepProgramOptions {
  readonly session: Session;
  readonly model: nn.Module;
  readonly loss: LossFunction;
  readonly seed: Seed;
  /** Logical shards of a batch. Default: about eight samples each. */
  readonly shards?: number;
  /** p of the dropout calls as a function of the step, for those without a schedule of their own. */
  readonly dropoutSchedule?: DropoutSchedule | undefined;
  /** Where the rates of scheduled dropout stand. Without it schedules have no effect. */
  readonly rates?: RateTable | undefined;
}

/** Samples of a shard when the number of shards is left to the plan: enough to re-use weights in cache, few enough to balance. */
const samplesPerShard = 8;

/** The shards of a batch when none are asked for: a function of the batch alone, so that `scope: "worker"` is reproducible too. */
export function plannedShards(batch: number): number {
  return Math.ceil(batch / samplesPerShard);
}

/** Results of a step, in this order. */
export const resultWords = { loss: 0, correct: 1 } as const;

export class StepPrograms {
  readonly #options: StepProgramOptions;
  readonly #programs = new Map<string, SharedProgram>();

  constructor(options: StepProgramOptions) {
    this.#options = options;
  }

  /** Forward, loss, backward and update of a batch of `samples`. */
  training(data: SharedData, samples: number, optimizer: Optimizer): SharedProgram {
    return this.#cached(`train ${samples}`, () => this.#build(data, samples, optimizer));
  }

  /** Forward and loss of a batch, in evaluation mode. */
  evaluation(data: SharedData, samples: number): SharedProgram {
    const key = `evaluate ${samples} ${JSON.stringify(data.inputs)}`;
    return this.#cached(key, () => inEvaluationMode(this.#options.model, () => this.#build(data, samples)));
  }

  #cached(key: string, build: () => SharedProgram): SharedProgram {
    const program = this.#programs.get(key) ?? build();
    this.#programs.set(key, program);
    return program;
  }

  #build(data: SharedData, samples: number, optimizer?: Optimizer): SharedProgram {
    const { session, model, loss, seed, dropoutSchedule: schedule } = this.#options;
    // Evaluation steps bring no words of their own.
    const rates = optimizer && this.#options.rates;
    const { arena, control, hyperAddress, profiler } = session;
    const update = optimizer && { optimizer, hyper: hyperAddress };
    const traced = traceWith(seed, () => traceStep({ model, loss, data, samples, update }), { schedule, rates });
    const shards = this.#options.shards ?? plannedShards(samples);
    const labels = profiler && optimizer ? { labels: { names: namesOf(model) } } : {};
    const { program, outputs } = compile(traced, { arena, control, batch: samples, shards, ...labels });
    return session.add(program, outputs);
  }
}

/** The roots of a step's graph: loss, right answers, and the updates of a training step. */
export function traceStep(parts: {
  model: nn.Module;
  loss: LossFunction;
  data: Pick<SharedData, 'shape' | 'inputs' | 'targets' | 'mix'>;
  samples: number;
  update?: { optimizer: Optimizer; hyper: number } | undefined;
}): { outputs: Node[]; updates: Node[] } {
  const { model, loss, data, samples, update } = parts;
  const x = inputTensor('x', { shape: [samples, ...data.shape], dtype: 'f32', source: data.inputs });
  const y = inputTensor('y', { shape: [samples], dtype: 'i32', source: data.targets });
  const output = model.forward(x);
  const mixed = data.mix && { output, own: y, partner: partnersOf(data.targets, samples), mix: data.mix };
  const value = mixed ? mixedLoss(loss, mixed) : loss(output, y);
  if (value.size !== 1) throw new ShapeError(`loss: expected one number, got shape [${value.shape.join(', ')}]`);
  const correct = countsCorrect(output, samples) ? rightAnswers(output, y, mixed) : full([], 0);
  // Fused before gradients are taken: the gradients are the fused ones too.
  const [lossNode, correctNode, ...effects] = fuse([value.node, correct.node, ...tracedEffects()]) as [
    Node,
    Node,
    ...Node[],
  ];
  const updates = update ? updatesOf(lossNode, update.optimizer, update.hyper) : [];
  return { outputs: [lossNode, correctNode], updates: [...effects, ...updates] };
}

type Mixed = Parameters<typeof mixedCorrect>[0];

function rightAnswers(output: Tensor, target: Tensor<'i32'>, mixed: Mixed | undefined): Tensor {
  return mixed ? mixedCorrect(mixed) : correctPredictions(output, target).sum();
}

/** The targets of the samples that each sample is mixed with. */
function partnersOf(targets: InputSource, samples: number): Tensor<'i32'> {
  return inputTensor('partner', { shape: [samples], dtype: 'i32', source: { ...targets, partners: true } });
}

/** The parameters' paths, for labels. */
export function namesOf(model: nn.Module): Map<Node, string> {
  return new Map([...model.namedParameters()].map(([name, { node }]) => [node, name]));
}

function updatesOf(loss: Node, optimizer: Optimizer, hyper: number): Node[] {
  const { parameters } = optimizer;
  const results = gradients(
    loss,
    constantNode(loss.shape, 1),
    parameters.map((parameter) => parameter.node),
  );
  return parameters.flatMap((parameter, i) => {
    const gradient = results[i];
    return gradient ? [optimizer.updateNode(parameter, gradient, hyper)] : [];
  });
}

/** Class scores [B, C] can be compared with the targets. */
function countsCorrect(output: Tensor, samples: number): boolean {
  return output.rank === 2 && output.shape[0] === samples;
}

/**
 * Runs `build` with the model in evaluation mode, but for the modules that `keepsOn` picks, and gives every module its own mode back, even
 * after an exception.
 */
export function inEvaluationMode<T>(
  model: nn.Module,
  build: () => T,
  keepsOn: (module: nn.Module) => boolean = () => false,
): T {
  const modes = [...model.namedModules()].map(([, module]) => [module, module.training] as const);
  try {
    model.eval();
    for (const [module] of modes) if (keepsOn(module)) module.training = true;
    return build();
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}

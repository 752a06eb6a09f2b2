/** Traces a model once per batch size and compiles its training and evaluation steps. */
import {
  type ClipOptions,
  compile,
  constantNode,
  type DropoutSchedule,
  fuse,
  gradientNorm,
  gradients,
  type Node,
  type nn,
  type Optimizer,
  type RateTable,
  type Seed,
  sizeOf,
  tracedEffects,
  traceWith,
  type WeightAverage,
} from '@lockstep/core';
import type { MetricSet } from '../metrics/metric-set.ts';
import type { SharedProgram } from '../worker/protocol.ts';
import { type ForwardParts, forwardStep, type LossFunction, type StepFunction } from './forward-step.ts';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';

export interface StepProgramOptions extends ClipOptions {
  readonly session: Session;
  readonly model: nn.Module;
  readonly loss: LossFunction;
  readonly step?: StepFunction | undefined;
  readonly seed: Seed;
  /** Logical shards of a batch. Default: about eight samples each. */
  readonly shards?: number;
  /** p of the dropout calls as a function of the step, for those without a schedule of their own. */
  readonly dropoutSchedule?: DropoutSchedule | undefined;
  /** Where the rates of scheduled dropout stand. Without it schedules have no effect. */
  readonly rates?: RateTable | undefined;
  /** A running average of the weights, and the address of the share that a step's weights get in it. */
  readonly average?: AveragePlan | undefined;
}

interface AveragePlan {
  readonly of: WeightAverage;
  readonly share: number;
}

/** Samples of a shard when the number of shards is left to the plan: enough to re-use weights in cache, few enough to balance. */
const samplesPerShard = 8;

/** The shards of a batch when none are asked for: a function of the batch alone, so that `scope: "worker"` is reproducible too. */
export function plannedShards(batch: number): number {
  return Math.ceil(batch / samplesPerShard);
}

/** Results of a step, in this order; the norm of the gradients only where it is limited, in evaluations the sums of metrics. */
export const resultWords = { loss: 0, correct: 1, gradNorm: 2, metrics: 2 } as const;

export class StepPrograms {
  readonly #options: StepProgramOptions;
  readonly #programs = new Map<string, SharedProgram>();

  constructor(options: StepProgramOptions) {
    this.#options = options;
  }

  /** Forward, loss, backward and update of a batch of `samples`. */
  training(data: SharedData, samples: number, optimizer: Optimizer): SharedProgram {
    return this.#cached(`train ${samples}`, () => this.#build(data, samples, { optimizer }));
  }

  /** Forward and loss of a batch, in evaluation mode; the metrics are of these data alone. */
  evaluation(data: SharedData, samples: number, metrics?: MetricSet): SharedProgram {
    const key = `evaluate ${samples} ${JSON.stringify(data.inputs)}`;
    const build = () => this.#build(data, samples, { metrics });
    return this.#cached(key, () => inEvaluationMode(this.#options.model, build));
  }

  #cached(key: string, build: () => SharedProgram): SharedProgram {
    const program = this.#programs.get(key) ?? build();
    this.#programs.set(key, program);
    return program;
  }

  #build(
    data: SharedData,
    samples: number,
    { optimizer, metrics }: { optimizer?: Optimizer | undefined; metrics?: MetricSet | undefined },
  ): SharedProgram {
    const {
      session,
      model,
      loss,
      step,
      seed,
      dropoutSchedule: schedule,
      clipGradNorm,
      clipGradValue,
      average,
    } = this.#options;
    // Evaluation steps bring no words of their own.
    const rates = optimizer && this.#options.rates;
    const { arena, control, hyperAddress, profiler } = session;
    const update = optimizer && { optimizer, hyper: hyperAddress, clipGradNorm, clipGradValue, average };
    const parts = { model, loss, step, data, samples, update, metrics };
    const traced = traceWith(seed, () => traceStep(parts), { schedule, rates });
    const shards = this.#options.shards ?? plannedShards(samples);
    const labels = profiler && optimizer ? { labels: { names: namesOf(model) } } : {};
    const { program, outputs } = compile(traced, { arena, control, batch: samples, shards, ...labels });
    return session.add(
      program,
      traced.outputs.flatMap((node, i) => wordsOf(node, outputs[i]!)),
    );
  }
}

/** The addresses of the words of a result. */
function wordsOf({ shape }: Node, address: number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => address + 4 * i);
}

/** The updates of a training step. */
export interface UpdatePlan extends ClipOptions {
  readonly optimizer: Optimizer;
  /** The address of the optimizer's words. */
  readonly hyper: number;
  readonly average?: AveragePlan | undefined;
}

/** The roots of a step's graph: loss, right answers, and the updates of a training step. */
export function traceStep(
  parts: ForwardParts & { readonly update?: UpdatePlan | undefined; readonly metrics?: MetricSet | undefined },
): { outputs: Node[]; updates: Node[] } {
  const { update, metrics } = parts;
  const { loss, correct, output, target, targetName } = forwardStep(parts);
  const measured = metrics?.trace(output, target, targetName) ?? { outputs: [], updates: [] };
  const effects = tracedEffects();
  // Fused before gradients are taken: the gradients are the fused ones too.
  const [lossNode, correctNode, ...rest] = fuse([
    loss.node,
    correct.node,
    ...effects,
    ...measured.outputs,
    ...measured.updates,
  ]) as [Node, Node, ...Node[]];
  const sums = rest.slice(effects.length, effects.length + measured.outputs.length);
  const kept = rest.slice(effects.length + measured.outputs.length);
  const { factors, updates } = update ? updatesOf(lossNode, update) : { factors: undefined, updates: [] };
  return {
    outputs: [lossNode, correctNode, ...(factors ? [factors] : []), ...sums],
    updates: [...rest.slice(0, effects.length), ...kept, ...updates],
  };
}

/** The parameters' paths, for labels. */
export function namesOf(model: nn.Module): Map<Node, string> {
  return new Map([...model.namedParameters()].map(([name, { node }]) => [node, name]));
}

function updatesOf(loss: Node, plan: UpdatePlan): { factors: Node | undefined; updates: Node[] } {
  const { optimizer, hyper, clipGradNorm, clipGradValue: clipValue, average } = plan;
  const parameters = optimizer.parameters.filter(({ requiresGrad }) => requiresGrad);
  const found = gradients(
    loss,
    constantNode(loss.shape, 1),
    parameters.map((parameter) => parameter.node),
  );
  const ready = parameters.flatMap((parameter, i) => (found[i] ? [{ parameter, gradient: found[i] }] : []));
  const limited = clipGradNorm !== undefined && ready.length > 0;
  const factors = limited
    ? gradientNorm(
        ready.map(({ gradient }) => gradient),
        clipGradNorm,
      )
    : undefined;
  const updates = ready.flatMap(({ parameter, gradient }) => {
    const of = average?.of.averages.get(parameter)?.node;
    const averaged = of && { of, share: average!.share };
    return optimizer.updateNodes(parameter, gradient, hyper, { clipValue, factors, average: averaged });
  });
  return { factors, updates };
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

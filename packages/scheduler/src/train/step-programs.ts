/** Traces a model once per batch size and compiles its training and evaluation steps. */
import {
  type Allocator,
  ByteCounter,
  type ClipOptions,
  type CompiledProgram,
  type CompileOptions,
  compile,
  constantNode,
  type DropoutSchedule,
  fuse,
  gradientNorm,
  gradients,
  type Node,
  type nn,
  nonFiniteNode,
  type Optimizer,
  type Program,
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
  /** Samples of a training batch that pass through the network together. Default: all. */
  readonly microBatch?: number | undefined;
  /** Gradients are checked before the updates, which then wait for all of them; otherwise in the updates. */
  readonly checkFirst?: boolean | undefined;
}

interface AveragePlan {
  readonly of: WeightAverage;
  readonly share: number;
}

/** A training step with an optimizer, else an evaluation. */
interface ProgramKind {
  readonly optimizer?: Optimizer | undefined;
  readonly metrics?: MetricSet | undefined;
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

  /** The size of a program that cannot be built, of a training step (with an optimizer) or of an evaluation. */
  size(data: SharedData, samples: number, how: ProgramKind): Program {
    const build = () => this.#compile(data, samples, { ...how, arena: new ByteCounter() }).compiled.program;
    return how.optimizer ? build() : inEvaluationMode(this.#options.model, build);
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

  /** The graph of a step, always the same for the same data and samples. */
  trace(data: SharedData, samples: number, { optimizer, metrics }: ProgramKind): TracedStep {
    const { session, model, loss, step, seed, dropoutSchedule: schedule } = this.#options;
    const { clipGradNorm, clipGradValue, average, checkFirst } = this.#options;
    // Evaluation steps bring no words of their own.
    const rates = optimizer && this.#options.rates;
    const flags = checkFirst ? undefined : session.flags.address;
    const clips = { clipGradNorm, clipGradValue };
    const update = optimizer && { optimizer, hyper: session.hyperAddress, ...clips, average, checkFirst, flags };
    const parts = { model, loss, step, data, samples, update, metrics };
    return traceWith(seed, () => traceStep(parts), { schedule, rates });
  }

  /** How a traced step is compiled for the workers. */
  compileOptions(samples: number): CompileOptions {
    const { arena, control } = this.#options.session;
    return { arena, control, batch: samples, shards: this.#options.shards ?? plannedShards(samples) };
  }

  #build(data: SharedData, samples: number, how: ProgramKind): SharedProgram {
    const { outputs, checks, compiled } = this.#compile(data, samples, how);
    const words = [...outputs, ...checks].map((node, i) => wordsOf(node, compiled.outputs[i]!));
    const [results, checked] = [words.slice(0, outputs.length), words.slice(outputs.length)];
    return this.#options.session.add(compiled.program, results.flat(), how.optimizer ? checked.flat() : []);
  }

  #compile(
    data: SharedData,
    samples: number,
    { arena, ...how }: ProgramKind & { arena?: Allocator },
  ): TracedStep & { compiled: CompiledProgram } {
    const { session, model, microBatch } = this.#options;
    const traced = this.trace(data, samples, how);
    const { outputs, checks, updates } = traced;
    const compiled = compile(
      { outputs: [...outputs, ...checks], updates, checks },
      {
        ...this.compileOptions(samples),
        ...(arena ? { arena } : {}),
        ...(how.optimizer ? { microBatch } : {}),
        ...(session.profiler && how.optimizer ? { labels: { names: namesOf(model) } } : {}),
      },
    );
    return { ...traced, compiled };
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
  /** Updates wait until all gradients are known to be finite. */
  readonly checkFirst?: boolean | undefined;
  /** The address of a word for each of the optimizer's parameters, in which updates say that a gradient is not finite. */
  readonly flags?: number | undefined;
}

/** The roots of a step's graph. */
export interface TracedStep {
  /** Loss, right answers, and what else is taken out after a step. */
  readonly outputs: Node[];
  readonly updates: Node[];
  /** Numbers that are finite unless the step has gone wrong, and that are there before any update: the loss first. */
  readonly checks: Node[];
  /** Of a training step. */
  readonly gradients: readonly TracedGradient[];
}

export interface TracedGradient {
  readonly parameter: nn.Parameter;
  readonly gradient: Node;
}

export function traceStep(
  parts: ForwardParts & { readonly update?: UpdatePlan | undefined; readonly metrics?: MetricSet | undefined },
): TracedStep {
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
  const own = update && updatesOf(lossNode, update);
  const ready = own?.gradients ?? [];
  return {
    outputs: [lossNode, correctNode, ...(own?.factors ? [own.factors] : []), ...sums],
    updates: [...rest.slice(0, effects.length), ...kept, ...(own?.updates ?? [])],
    checks: [lossNode, ...(update?.checkFirst ? ready.map(({ gradient }) => nonFiniteNode(gradient)) : [])],
    gradients: ready,
  };
}

/** The parameters' paths, for labels. */
export function namesOf(model: nn.Module): Map<Node, string> {
  return new Map([...model.namedParameters()].map(([name, { node }]) => [node, name]));
}

function updatesOf(
  loss: Node,
  plan: UpdatePlan,
): { factors: Node | undefined; updates: Node[]; gradients: TracedGradient[] } {
  const { optimizer, hyper, clipGradNorm, clipGradValue: clipValue, average, flags } = plan;
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
    const flag = flags === undefined ? undefined : flags + 4 * optimizer.parameters.indexOf(parameter);
    return optimizer.updateNodes(parameter, gradient, hyper, { clipValue, factors, flag, average: averaged });
  });
  return { factors, updates, gradients: ready };
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

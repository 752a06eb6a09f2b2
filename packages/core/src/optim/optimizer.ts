/**
 * What an optimizer is: groups of parameters, state tensors of the same shapes, a kernel that updates elements independently, and the
 * kernel's hyper-parameters for a step. Training programs fuse the kernel into the gradient's tiles; `step()` runs it at once for eager use.
 */
import { ShapeError, TensorStateError } from '../errors.ts';
import { makeNode, type Node, noteWrite } from '../graph/node.ts';
import type { Block } from '../memory/arena.ts';
import type { Parameter } from '../nn/parameter.ts';
import { update } from '../ops/update.ts';
import { realize } from '../run/realize.ts';
import { full } from '../tensor/create.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { checkLrSchedule } from './check-lr-schedule.ts';
import { resolveGroups } from './groups.ts';
import { cyclesMomentum, type LrSchedule, scheduledLr, scheduledMomentum } from './lr-schedule.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  type ParameterGroup,
  type ParametersOrGroups,
  type UpdateRule,
} from './rule.ts';

/** State tensors of one parameter by PyTorch's names, in the kernel's order. */
export type ParameterState = Readonly<Record<string, Tensor>>;

/** What a run wants of an update besides the optimizer's own step. */
export interface UpdateExtras {
  /** Brings every element of the gradient into [−clipValue, clipValue] first. */
  readonly clipValue?: number | undefined;
  /** Two numbers, of which the second multiplies the gradient first; see `gradientNorm`. */
  readonly factors?: Node | undefined;
  /** The address of a word that becomes NaN if the gradient is not finite. */
  readonly flag?: number | undefined;
  /** A running average of the parameter, and the address of the share that the new value gets. */
  readonly average?: { readonly of: Node; readonly share: number } | undefined;
}

/** A schedule, and how many steps an epoch has where it counts epochs. */
export interface ScheduleInUse {
  readonly schedule: LrSchedule;
  readonly stepsPerEpoch?: number | undefined;
}

/** What an update node needs to know of a parameter's group. */
export interface UpdatePlace<O> {
  readonly index: number;
  readonly group: ParameterGroup<O>;
  readonly words: number;
  readonly maxNorm: number | undefined;
}

/** The base of every optimizer; `O` are its options. */
export abstract class Optimizer<O extends CommonOptions = CommonOptions> {
  /** Parameters with their options. Numbers such as `lr` may be changed between steps. */
  readonly groups: readonly ParameterGroup<O>[];
  /** The parameters of all groups. */
  readonly parameters: readonly Parameter[];
  /** Steps taken. */
  steps = 0;
  readonly state: ReadonlyMap<Parameter, ParameterState>;
  readonly #rule: UpdateRule<O>;
  #schedule: ScheduleInUse | undefined;
  /** Which state tensors of the kernel there are, for each group. */
  readonly #states: readonly (readonly boolean[])[];
  readonly #groupOf: ReadonlyMap<Parameter, number>;
  /** Words of the kernel, and the largest norm (0: any). */
  readonly #groupWords: number;

  /** @throws RangeError for options out of range, no parameters, or a parameter in two groups. */
  protected constructor(given: ParametersOrGroups<O>, options: O, rule: UpdateRule<O>) {
    this.groups = resolveGroups(given, options, rule);
    this.parameters = this.groups.flatMap(({ params }) => params);
    this.#rule = rule;
    this.#groupOf = new Map(this.groups.flatMap(({ params }, i) => params.map((parameter) => [parameter, i] as const)));
    this.#states = this.groups.map((group) => Object.values(rule.states(group)).map((first) => first !== null));
    this.state = new Map(
      this.groups.flatMap((group) => {
        const states = Object.entries(rule.states(group));
        const stateOf = ({ shape }: Parameter): ParameterState =>
          Object.fromEntries(states.flatMap(([name, first]) => (first === null ? [] : [[name, full(shape, first)]])));
        return group.params.map((parameter) => [parameter, stateOf(parameter)] as const);
      }),
    );
    this.#groupWords = rule.words(this.groups[0]!, 0).length + 1;
  }

  /** The optimizer's name, as PyTorch's class: `SGD`, `AdamW`. */
  get name(): string {
    return this.#rule.name;
  }

  /** The learning rate of the first group. Setting it sets that of every group. */
  get lr(): number {
    return this.groups[0]!.lr as number;
  }

  set lr(lr: number) {
    checkAtLeastZero(lr, 'lr');
    for (const group of this.groups) (group as { lr: number }).lr = lr;
  }

  /** The schedule that `useSchedule` set. */
  get schedule(): ScheduleInUse | undefined {
    return this.#schedule;
  }

  /**
   * From now on the rate of a step is what the schedule makes of the group's own `lr`; undefined: the group's own.
   *
   * @throws RangeError for a schedule that makes no sense, one that counts epochs without stepsPerEpoch, and one that cycles a momentum
   * which the optimizer does not have.
   */
  useSchedule(use: ScheduleInUse | undefined): void {
    if (use) {
      const { unit = 'step' } = checkLrSchedule(use.schedule);
      const { stepsPerEpoch } = use;
      if (unit === 'epoch' && !(Number.isSafeInteger(stepsPerEpoch) && stepsPerEpoch! >= 1))
        throw new RangeError(
          `lr schedule: a schedule of epochs needs stepsPerEpoch, an integer ≥ 1, got ${stepsPerEpoch}`,
        );
      const none = !this.#rule.withMomentum || this.groups.some((group) => 'momentum' in group && group.momentum === 0);
      if (cyclesMomentum(use.schedule) && none) {
        throw new RangeError(
          `lr schedule: ${this.#rule.name} has no momentum to cycle; give it one above 0, or set cycleMomentum: false`,
        );
      }
    }
    this.#schedule = use;
  }

  /** The learning rate of a group (default: the first) at step `step` (from 0). */
  lrAt(step: number, group = 0): number {
    return this.#optionsAt(this.groups[group]!, step).lr as number;
  }

  /** The options of a group as the schedule sets them for a step. */
  #optionsAt(group: ParameterGroup<O>, step: number): ParameterGroup<O> {
    if (!this.#schedule) return group;
    const { schedule, stepsPerEpoch } = this.#schedule;
    const count = schedule.unit === 'epoch' ? Math.floor(step / stepsPerEpoch!) : step;
    const momentum = scheduledMomentum(schedule, count);
    const cycled = momentum === undefined ? group : this.#rule.withMomentum!(group, momentum);
    return { ...group, ...cycled, lr: scheduledLr(schedule, group.lr as number, count) };
  }

  /** The words that the update of step `step` (from 0) reads, group by group: the kernel's, then the largest norm (0: any). */
  hyper(step: number): Float32Array<ArrayBuffer> {
    return new Float32Array(
      this.groups.flatMap((group) => [...this.#rule.words(this.#optionsAt(group, step), step), group.maxNorm ?? 0]),
    );
  }

  /**
   * The updates of one parameter and its state by a gradient, as graph nodes: one that does everything, unless an optimizer needs more.
   * `hyper` is the address that holds the step's words.
   */
  updateNodes(parameter: Parameter, gradient: Node, hyper: number, extras: UpdateExtras = {}): Node[] {
    return [this.updateNode(parameter, gradient, hyper, extras)];
  }

  /** The group of a parameter, and the addresses of its words and of its largest norm (undefined: any). */
  protected placeOf(parameter: Parameter, hyper: number): UpdatePlace<O> {
    const index = this.#groupOf.get(parameter);
    if (index === undefined)
      throw new RangeError(`optimizer: a parameter of shape ${formatShape(parameter.shape)} is not one of its own`);
    const group = this.groups[index]!;
    const words = hyper + 4 * this.#groupWords * index;
    const limited = group.maxNorm !== undefined && parameter.rank >= 2;
    return { index, group, words, maxNorm: limited ? words + 4 * (this.#groupWords - 1) : undefined };
  }

  /** The update by the rule's kernel. */
  protected updateNode(parameter: Parameter, gradient: Node, hyper: number, extras: UpdateExtras): Node {
    const { index, group, words, maxNorm } = this.placeOf(parameter, hyper);
    const { clipValue, factors, flag, average } = extras;
    const inputs = [
      parameter.node,
      gradient,
      ...Object.values(this.state.get(parameter)!).map((tensor) => tensor.node),
      ...(factors ? [factors] : []),
      ...(average ? [average.of] : []),
    ];
    return makeNode(update, inputs, {
      kernel: this.#rule.kernel(group),
      states: this.#states[index]!,
      hyper: words,
      maxNorm,
      clipValue,
      scaled: factors !== undefined,
      maximize: group.maximize as boolean,
      flag,
      average: average?.share,
    });
  }

  /** Updates every parameter that has a gradient and is not frozen, in this thread. */
  step(): void {
    const ready = this.parameters.filter(({ grad, requiresGrad }) => grad && requiresGrad);
    if (ready.length === 0)
      throw new TensorStateError('optimizer.step: no parameter has a gradient; call loss.backward() first');
    for (const { grad, shape } of ready) {
      if (sameShape(grad!.shape, shape)) continue;
      throw new ShapeError(
        `optimizer.step: a parameter of shape ${formatShape(shape)} has a gradient of shape ${formatShape(grad!.shape)}`,
      );
    }
    realize(ready.map((parameter) => parameter.grad!.node));
    const hyper = this.#store(ready[0]!, this.hyper(this.steps++));
    realize(ready.flatMap((parameter) => this.updateNodes(parameter, parameter.grad!.node, hyper.offsetBytes)));
    ready[0]!.node.storage!.arena.free(hyper);
    noteWrite(ready.map(({ node }) => node));
  }

  #store({ node }: Parameter, words: Float32Array): Block {
    const { arena } = node.storage!;
    const block = arena.allocate(words.byteLength);
    new Float32Array(arena.memory.buffer, block.offsetBytes, words.length).set(words);
    return block;
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.grad = null;
  }
}

/**
 * What an optimizer is: parameters, state tensors of the same shapes, a kernel that updates elements independently, and the kernel's
 * hyper-parameters for a step. Training programs fuse the kernel into the gradient's tiles; `step()` runs it at once for eager use.
 */
import { ShapeError, TensorStateError } from '../errors.ts';
import { makeNode, type Node, noteWrite } from '../graph/node.ts';
import type { Parameter } from '../nn/parameter.ts';
import { type UpdateAttrs, update } from '../ops/update.ts';
import { realize } from '../run/realize.ts';
import { zeros } from '../tensor/create.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** State tensors of one parameter by PyTorch's names, in the kernel's order. */
export type ParameterState = Readonly<Record<string, Tensor>>;

export interface ConstraintOptions {
  /**
   * Max-norm constraint (Srebro & Shraibman 2005; Srivastava et al. 2014, §5.1, use 3 to 4 with dropout): after each update the incoming
   * weights of every unit, which are a row of a parameter of rank 2 or more, are scaled to a 2-norm of at most this. As
   * `torch.renorm(w, 2, 0, maxNorm)`. Default: none.
   */
  readonly maxNorm?: number;
}

export abstract class Optimizer {
  readonly parameters: readonly Parameter[];
  /** Learning rate. May be changed between steps. */
  lr: number;
  /** Steps taken. */
  steps = 0;
  readonly state: ReadonlyMap<Parameter, ParameterState>;
  /** The largest norm of a unit's incoming weights; undefined: any. */
  readonly maxNorm: number | undefined;
  protected abstract readonly kernel: UpdateAttrs['kernel'];

  /** @throws RangeError for a rate that is not a number ≥ 0, a norm that is not above 0, or no parameters. */
  protected constructor(
    parameters: Iterable<Parameter>,
    options: ConstraintOptions & { lr: number; stateNames: readonly string[] },
  ) {
    this.parameters = [...new Set(parameters)];
    this.maxNorm = options.maxNorm;
    if (this.maxNorm !== undefined && !(checkAtLeastZero(this.maxNorm, 'maxNorm') > 0))
      throw new RangeError('optimizer: maxNorm must be above 0; leave it out for no constraint');
    if (this.parameters.length === 0) throw new RangeError('optimizer: got no parameters; pass model.parameters()');
    this.lr = checkAtLeastZero(options.lr, 'lr');
    this.state = new Map(
      this.parameters.map((parameter) => [
        parameter,
        Object.fromEntries(options.stateNames.map((name) => [name, zeros(parameter.shape)])),
      ]),
    );
  }

  /** The kernel's hyper-parameters for step `step` (from 0). */
  protected abstract kernelWords(step: number): readonly number[];

  /** The words that the update of step `step` (from 0) reads: the kernel's, then the largest norm (0: any). */
  hyper(step: number): Float32Array<ArrayBuffer> {
    return new Float32Array([...this.kernelWords(step), this.maxNorm ?? 0]);
  }

  /** The update of one parameter by a gradient, as a graph node; `hyper` is the address that holds the step's words. */
  updateNode(parameter: Parameter, gradient: Node, hyper: number): Node {
    const state = Object.values(this.state.get(parameter)!).map((tensor) => tensor.node);
    const limited = this.maxNorm !== undefined && parameter.rank >= 2;
    const maxNorm = limited ? hyper + 4 * this.kernelWords(0).length : undefined;
    return makeNode(update, [parameter.node, gradient, ...state], { kernel: this.kernel, hyper, maxNorm });
  }

  /** Updates every parameter that has a gradient, in this thread. */
  step(): void {
    const ready = this.parameters.filter((parameter) => parameter.grad);
    if (ready.length === 0)
      throw new TensorStateError('optimizer.step: no parameter has a gradient; call loss.backward() first');
    for (const { grad, shape } of ready) {
      if (sameShape(grad!.shape, shape)) continue;
      throw new ShapeError(
        `optimizer.step: a parameter of shape ${formatShape(shape)} has a gradient of shape ${formatShape(grad!.shape)}`,
      );
    }
    realize(ready.map((parameter) => parameter.grad!.node));
    const words = this.hyper(this.steps++);
    for (const parameter of ready) this.#apply(parameter, words);
  }

  #apply(parameter: Parameter, words: Float32Array): void {
    const { arena } = parameter.node.storage!;
    const hyper = arena.allocate(words.byteLength);
    new Float32Array(arena.memory.buffer, hyper.offsetBytes, words.length).set(words);
    const at = (tensor: Tensor) => tensor.node.storage!.offsetBytes;
    const [first, second] = Object.values(this.state.get(parameter)!);
    const [weight, gradient] = [at(parameter), at(parameter.grad!)];
    if (this.kernel === 'sgd')
      arena.kernels.sgd(weight, gradient, first ? at(first) : 0, parameter.size, hyper.offsetBytes);
    else arena.kernels.adam(weight, gradient, at(first!), at(second!), parameter.size, hyper.offsetBytes);
    if (this.maxNorm !== undefined && parameter.rank >= 2) {
      const rows = parameter.shape[0]!;
      arena.kernels.limitRowNorms(weight, rows, parameter.size / rows, hyper.offsetBytes + 4 * (words.length - 1));
    }
    arena.free(hyper);
    noteWrite([parameter.node]);
  }

  /** Forgets the gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.grad = null;
  }
}

export function checkAtLeastZero(value: number, name: string): number {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new RangeError(`optimizer: ${name} must be a number ≥ 0, got ${value}`);
  return value;
}

export function checkBelowOne(value: number, name: string): number {
  if (!(value >= 0 && value < 1)) throw new RangeError(`optimizer: ${name} must be in [0, 1), got ${value}`);
  return value;
}

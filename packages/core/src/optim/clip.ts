/** Gradient clipping, by value and by the norm of all gradients, on gradients that `backward()` has left. */
import { makeNode, type Node } from '../graph/node.ts';
import type { Parameter } from '../nn/parameter.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { gradientNorm } from '../ops/gradient-norm.ts';
import { slice } from '../ops/slice.ts';
import { fullNode } from '../ops/source.ts';
import { realize } from '../run/realize.ts';
import { Tensor } from '../tensor/tensor.ts';

/** How a run clips gradients before each update. */
export interface ClipOptions {
  /** The 2-norm of all gradients together is brought down to this (Pascanu, Mikolov & Bengio 2013). */
  readonly clipGradNorm?: number | undefined;
  /** Every element is brought into [−clipGradValue, clipGradValue]. */
  readonly clipGradValue?: number | undefined;
}

/** @throws RangeError unless the limits are finite and above 0, and there is at most one. */
export function checkClipOptions<T extends ClipOptions>(options: T): T {
  const { clipGradNorm: norm, clipGradValue: value } = options;
  if (norm !== undefined) checkLimit(norm, 'clipGradNorm');
  if (value !== undefined) checkLimit(value, 'clipGradValue');
  if (norm !== undefined && value !== undefined)
    throw new RangeError('train: expected one of clipGradNorm and clipGradValue, got both; leave one out');
  return options;
}

/**
 * Scales the gradients of all parameters so that their 2-norm as one vector is at most `maxNorm`: g *= min(1, maxNorm / (norm + 1e-6)), as
 * `torch.nn.utils.clip_grad_norm_`. Parameters without a gradient are passed over. The same bits as `train({ clipGradNorm })`.
 *
 * @returns the norm before, 0 if there is no gradient.
 * @throws RangeError if maxNorm is not a finite number above 0.
 */
export function clipGradNorm(parameters: Iterable<Parameter>, maxNorm: number): number {
  checkLimit(maxNorm, 'clipGradNorm');
  const ready = [...new Set(parameters)].filter(({ grad }) => grad);
  if (ready.length === 0) return 0;
  const factors = gradientNorm(
    ready.map(({ grad }) => grad!.node),
    maxNorm,
  );
  replace(ready, (gradient) => clippedByNorm(gradient, factors), factors);
  return new Tensor(factors).data[0]!;
}

/**
 * Brings every element of every gradient into [−clipValue, clipValue], as `torch.nn.utils.clip_grad_value_`.
 *
 * @throws RangeError if clipValue is not a finite number above 0.
 */
export function clipGradValue(parameters: Iterable<Parameter>, clipValue: number): void {
  checkLimit(clipValue, 'clipGradValue');
  const ready = [...new Set(parameters)].filter(({ grad }) => grad);
  replace(ready, (gradient) => clippedByValue(gradient, clipValue));
}

/** The gradient with every element in [−clipValue, clipValue]. */
export function clippedByValue(gradient: Node, clipValue: number): Node {
  const most = binaryNode('minimum', gradient, fullNode([], clipValue));
  return binaryNode('maximum', most, fullNode([], -clipValue));
}

/** The gradient times the second of the two numbers that `gradientNorm` gives. */
export function clippedByNorm(gradient: Node, factors: Node): Node {
  return binaryNode('mul', gradient, makeNode(slice, [factors], { start: [1], step: [1], shape: [1] }));
}

/** Gives the parameters the gradients that `change` makes of theirs, computed at once. */
function replace(parameters: readonly Parameter[], change: (gradient: Node) => Node, ...also: Node[]): void {
  const changed = parameters.map(({ grad }) => change(grad!.node));
  realize([...also, ...changed]);
  parameters.forEach((parameter, i) => {
    parameter.grad = new Tensor(changed[i]!);
  });
}

function checkLimit(limit: number, name: string): void {
  if (!(limit > 0 && limit < Number.POSITIVE_INFINITY))
    throw new RangeError(`${name}: expected a finite number above 0, got ${limit}`);
}

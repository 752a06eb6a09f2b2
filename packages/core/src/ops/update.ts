/** The optimizer's update of one parameter, in place: reads a gradient, writes the parameter and the optimizer's state. */
import { binaryOps, type Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type LowerContext, type Op, type Tile, wholeBatch } from './define-op.ts';

/** Kernels that update elements apart from each other: (weight, gradient, …state, count, hyper). */
export type UpdateKernel =
  | 'sgd'
  | 'adam'
  | 'amsgrad'
  | 'nadam'
  | 'radam'
  | 'adamax'
  | 'lion'
  | 'rmsprop'
  | 'adagrad'
  | 'adadelta'
  | 'muon';

export interface UpdateAttrs {
  readonly kernel: UpdateKernel;
  /** Which of the kernel's state tensors there are; for the others it gets a null pointer. */
  readonly states: readonly boolean[];
  /** The address of the hyper-parameters, which the run sets before each step. */
  readonly hyper: Pointer;
  /** The address of the largest norm that a row of axis 0 may have after the update; undefined: any. */
  readonly maxNorm?: Pointer | undefined;
  /** The gradient is brought into [−clipValue, clipValue] first. */
  readonly clipValue?: number | undefined;
  /** The gradient is multiplied by element 1 of the input after the states first. */
  readonly scaled?: boolean;
  /** The gradient is negated first, so that the objective grows. */
  readonly maximize?: boolean;
  /** The address of a word that becomes NaN if the gradient, as it comes, is not finite; undefined: nobody looks. */
  readonly flag?: Pointer | undefined;
  /** The address of the share that the new weight gets of the average, which is the last input; undefined: there is none. */
  readonly average?: Pointer | undefined;
}

const tileElements = 16384;

/** Inputs: parameter, gradient, the state tensors that there are, the factors of the gradient if `scaled`, the average if it is kept. */
export const update: Op<UpdateAttrs> = {
  name: 'update',
  infer: ([parameter]) => ({ shape: parameter!.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  inPlace: (node) => {
    const { parameter, states, average } = partsOf(node);
    return [parameter, ...states, ...(average ? [average] : [])];
  },
  tiles(node) {
    const size = sizeOf(node.shape);
    const row = rowSize(node);
    const most = node.attrs.maxNorm === undefined ? tileElements : Math.max(1, Math.floor(tileElements / row)) * row;
    const tiles: Tile[] = [];
    for (let first = 0; first < size; first += most) tiles.push({ first, count: Math.min(most, size - first) });
    return tiles;
  },
  lower(node, at) {
    updateRange(node, at, at.tile!);
  },
};

interface Parts {
  readonly parameter: Node;
  readonly gradient: Node;
  readonly states: readonly Node[];
  readonly factors: Node | undefined;
  readonly average: Node | undefined;
}

function partsOf({ inputs, attrs }: Node<UpdateAttrs>): Parts {
  const end = 2 + attrs.states.filter(Boolean).length;
  return {
    parameter: inputs[0]!,
    gradient: inputs[1]!,
    states: inputs.slice(2, end),
    factors: attrs.scaled ? inputs[end] : undefined,
    average: attrs.average === undefined ? undefined : inputs[inputs.length - 1],
  };
}

/** Emits the update of elements [first, first + count): whole rows, as the tiles of `update` and of weight gradients are. */
export function updateRange(node: Node<UpdateAttrs>, at: LowerContext, range: Tile): void {
  const { parameter, gradient, states, factors, average } = partsOf(node);
  const { attrs } = node;
  const { count } = range;
  const from = (input: Node): Pointer => at.base(input) + range.first * 4;
  const weight = from(parameter);
  if (attrs.flag !== undefined) at.call('flagNonFinite', from(gradient), count, attrs.flag);
  const changed = prepareGradient(attrs, at, { gradient: from(gradient), factors, count });
  const given = states.map(from);
  const pointers = attrs.states.map((there) => (there ? given.shift()! : 0));
  // Every kernel of the union takes pointers and numbers in this order; only how many states there are differs.
  at.call(attrs.kernel as 'sgd', ...([weight, changed, ...pointers, count, attrs.hyper] as SgdArguments));
  const { maxNorm } = attrs;
  if (maxNorm !== undefined) at.call('limitRowNorms', weight, count / rowSize(node), rowSize(node), maxNorm);
  if (average) at.call('average', from(average), weight, count, attrs.average!);
}

type SgdArguments = [Pointer, Pointer, Pointer, number, Pointer];

/** The address of the gradient as the kernel is to see it: a copy in scratch where something is done to it first. */
function prepareGradient(
  attrs: UpdateAttrs,
  at: LowerContext,
  from: { gradient: Pointer; factors: Node | undefined; count: number },
): Pointer {
  const { factors, count } = from;
  let { gradient } = from;
  let copy: Pointer | undefined;
  const apply = (name: keyof typeof binaryOps, value: Pointer): void => {
    copy ??= at.scratch(4 * count);
    at.call('binaryPeriodic', binaryOps[name], gradient, value, copy, count, 1);
    gradient = copy;
  };
  const { clipValue } = attrs;
  if (clipValue !== undefined) {
    apply(
      'minimum',
      at.constant('most', () => new Float32Array([clipValue])),
    );
    apply(
      'maximum',
      at.constant('least', () => new Float32Array([-clipValue])),
    );
  }
  if (factors) apply('mul', at.base(factors) + 4);
  if (attrs.maximize)
    apply(
      'mul',
      at.constant('minus one', () => new Float32Array([-1])),
    );
  return gradient;
}

function rowSize(node: Node): number {
  return sizeOf(node.shape.slice(1));
}

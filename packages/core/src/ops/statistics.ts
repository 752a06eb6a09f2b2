/** Reductions made of others: variance, norms, log-sum-exp, and what masks say of axes. */
import { makeNode, type Node } from '../graph/node.ts';
import { meanNode, type ReduceOptions, reducedShape, sumNode } from './broadcast.ts';
import { castNode } from './cast.ts';
import { binaryNode, unaryNode } from './elementwise.ts';
import { argMaxNode, maxNode } from './max.ts';
import { detach, reshapeNode } from './shape-ops.ts';
import { fullNode } from './source.ts';
import { whereNode } from './where.ts';

const number = (value: number): Node => fullNode([], value);

/** Elements that one result is made of. */
function reducedCount(x: Node, { axes }: ReduceOptions): number {
  return axes.reduce((product, axis) => product * x.shape[axis]!, 1);
}

/** √x, whose gradient at 0 is 0. */
function guardedSqrt(x: Node): Node {
  return guarded(x, (inner) => unaryNode('sqrt', inner));
}

/** build(x) where x ≠ 0, else 0, with a gradient of 0 there. */
function guarded(x: Node, build: (x: Node) => Node): Node {
  const zero = binaryNode('equal', x, number(0));
  return whereNode(zero, number(0), build(whereNode(zero, number(1), x)));
}

/** Σ (x − mean)² ÷ max(0, n − correction). */
export function varNode(x: Node, options: ReduceOptions & { correction: number }): Node {
  const { axes, keepDims, correction } = options;
  const deviations = unaryNode('square', binaryNode('sub', x, meanNode(x, { axes, keepDims: true })));
  const divisor = Math.max(0, reducedCount(x, options) - correction);
  return sumNode(deviations, { axes, keepDims, scale: Math.fround(1 / divisor) });
}

/** The square root of `varNode`; its gradient is 0 where it is 0. */
export function stdNode(x: Node, options: ReduceOptions & { correction: number }): Node {
  return guardedSqrt(varNode(x, options));
}

export function minNode(x: Node, options: ReduceOptions): Node {
  return unaryNode('neg', maxNode(unaryNode('neg', x), options));
}

export function argMinNode(x: Node, options: ReduceOptions): Node {
  return argMaxNode(unaryNode('neg', x), options);
}

/** (Σ |x|^p)^(1/p); the largest |x| for p = ∞, the smallest for −∞, the number of nonzeros for 0. */
export function normNode(x: Node, p: number, options: ReduceOptions): Node {
  if (p === 2) return guardedSqrt(sumNode(unaryNode('square', x), options));
  const size = unaryNode('abs', x);
  if (p === 1) return sumNode(size, options);
  if (p === 0) return sumNode(nonzeroNode(x), options);
  if (p === Number.POSITIVE_INFINITY) return maxNode(size, options);
  if (p === Number.NEGATIVE_INFINITY) return minNode(size, options);
  const power = (a: Node, exponent: number) => binaryNode('pow', a, number(exponent));
  // Of zeros a negative power is infinite; any other leaves them out of the sum and of the gradient.
  const terms = p < 0 ? power(size, p) : guarded(size, (a) => power(a, p));
  return guarded(sumNode(terms, options), (sum) => power(sum, 1 / p));
}

/** ln Σ e^x, from the largest element so that nothing overflows. */
export function logSumExpNode(x: Node, options: ReduceOptions): Node {
  const { axes, keepDims } = options;
  if (reducedCount(x, options) === 0) return fullNode(reducedShape(x, options), Number.NEGATIVE_INFINITY);
  const largest = maxNode(x, { axes, keepDims: true });
  const shift = makeNode(detach, [whereNode(unaryNode('isinf', largest), number(0), largest)], {});
  const sum = sumNode(unaryNode('exp', binaryNode('sub', x, shift)), { axes, keepDims });
  return binaryNode('add', unaryNode('log', sum), reshapeNode(shift, reducedShape(x, { axes, keepDims })));
}

/** 1 where x ≠ 0 (NaN too), else 0. */
function nonzeroNode(x: Node): Node {
  return binaryNode('notEqual', x, number(0));
}

/** 1 where one element is not 0, else 0. */
export function anyNode(x: Node, options: ReduceOptions): Node {
  return binaryNode('greater', sumNode(nonzeroNode(x), options), number(0));
}

/** 1 where no element is 0, else 0. */
export function allNode(x: Node, options: ReduceOptions): Node {
  return binaryNode('equal', sumNode(binaryNode('equal', x, number(0)), options), number(0));
}

/** How many elements are not 0, i32. */
export function countNonzeroNode(x: Node, options: ReduceOptions): Node {
  return castNode(sumNode(nonzeroNode(x), options), 'i32');
}

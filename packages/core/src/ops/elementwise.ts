/** Elementwise ops: one input (exp, tanh, relu, …) and two with broadcasting (add, mul, …). */
import { binaryOps, unaryOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { broadcastShapes, sameShape, sizeOf } from '../tensor/shape.ts';
import { expandNode, sumTo } from './broadcast.ts';
import { type Op, samplewiseElements } from './define-op.ts';
import { reshapedFrom, reshapeNode } from './shape-ops.ts';
import { constantOf, fullNode } from './source.ts';
import { whereNode } from './where.ts';

export type UnaryName = keyof typeof unaryOps;
export type BinaryName = keyof typeof binaryOps;

const unary: Op<{ name: UnaryName }> = {
  name: 'unary',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [unaryGradient(node, dy)],
  samplewise: samplewiseElements,
  layout: () => 'same',
  lower(node, at) {
    at.call('unary', unaryOps[node.attrs.name], at.start(node.inputs[0]!), at.start(node), at.elements(node));
  },
};

function unaryGradient(node: Node<{ name: UnaryName }>, dy: Node): Node | null {
  const x = node.inputs[0]!;
  const number = (value: number) => fullNode([], value);
  const mul = (a: Node, b: Node) => binaryNode('mul', a, b);
  switch (node.attrs.name) {
    case 'neg':
      return unaryNode('neg', dy);
    case 'abs':
      return mul(dy, unaryNode('sign', x));
    case 'exp':
      return mul(dy, node);
    case 'log':
      return binaryNode('div', dy, x);
    case 'sqrt': // 1 / (2√x)
      return binaryNode('div', mul(dy, number(0.5)), node);
    case 'square':
      return mul(mul(dy, number(2)), x);
    case 'tanh': // 1 − y²
      return mul(dy, binaryNode('rsub', unaryNode('square', node), number(1)));
    case 'sigmoid': // y(1 − y)
      return mul(dy, mul(node, binaryNode('rsub', node, number(1))));
    case 'relu': // dy where y > 0; 0 at x = 0
      return binaryNode('wherePositive', dy, node);
    case 'selu': // dy·λ where y > 0, else dy·(y + λα); λα at x = 0
      return binaryNode('seluGrad', dy, node);
    case 'rsqrt': // −½y³
      return mul(dy, mul(mul(unaryNode('square', node), node), number(-0.5)));
    case 'expm1': // y + 1
      return mul(dy, binaryNode('add', node, number(1)));
    case 'log1p':
      return binaryNode('div', dy, binaryNode('add', x, number(1)));
    case 'log2': // 1 / (x ln 2)
      return binaryNode('div', dy, mul(x, number(Math.LN2)));
    case 'sin':
      return mul(dy, unaryNode('cos', x));
    case 'cos':
      return unaryNode('neg', mul(dy, unaryNode('sin', x)));
    case 'erf': // 2/√π · e^(−x²)
      return mul(dy, mul(unaryNode('exp', unaryNode('neg', unaryNode('square', x))), number(2 / Math.sqrt(Math.PI))));
    case 'sign':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return fullNode(x.shape, 0);
    case 'isnan':
    case 'isinf':
    case 'isfinite':
      return null;
    case 'reciprocal': // −y²
      return unaryNode('neg', mul(dy, unaryNode('square', node)));
    default:
      return node.attrs.name satisfies never;
  }
}

/** The function of every element; before a reshape rather than after it, so that images stay in their layout. */
export function unaryNode(name: UnaryName, x: Node): Node {
  const source = reshapedFrom(x);
  return source ? reshapeNode(unaryNode(name, source), x.shape) : makeNode(unary, [x], { name });
}

interface BinaryAttrs {
  readonly name: BinaryName;
  /** Elements after which b repeats; the size of the result when it does not. */
  readonly period: number;
}

const binary: Op<BinaryAttrs> = {
  name: 'binary',
  infer: ([a]) => ({ shape: a!.shape, dtype: 'f32' }),
  gradient: (node, dy) => binaryGradient(node, dy),
  // A repeating b must repeat within a sample; a full-size b is read at the same place as a, whether split or not.
  samplewise(node, split, batch) {
    if (split[1] && !sameShape(node.inputs[1]!.shape, node.shape)) return false;
    if (!split[0] && !split[1]) return false;
    return node.shape[0]! % batch === 0 && (isFullSize(node) || (sizeOf(node.shape) / batch) % node.attrs.period === 0);
  },
  // Of operands of different ranks (a leading axis of 1) only one would be converted.
  layout(node) {
    const [a, b] = node.inputs as [Node, Node];
    const alike = isFullSize(node) && a.shape.length === b.shape.length;
    return alike || node.attrs.period === 1 ? 'same' : { inputs: ['row', 'row'], output: 'row' };
  },
  lower(node, at) {
    const [a, b] = node.inputs as [Node, Node];
    const code = binaryOps[node.attrs.name];
    const n = at.elements(node);
    const constant = constantOf(b);
    if (constant !== undefined) {
      at.call(
        'binaryPeriodic',
        code,
        at.start(a),
        at.constant('number', () => new Float32Array([constant])),
        at.start(node),
        n,
        1,
      );
    } else if (isFullSize(node)) at.call('binary', code, at.start(a), at.start(b), at.start(node), n);
    else at.call('binaryPeriodic', code, at.start(a), at.base(b), at.start(node), n, node.attrs.period);
  },
};

function isFullSize(node: Node<BinaryAttrs>): boolean {
  return sizeOf(node.inputs[1]!.shape) === sizeOf(node.shape);
}

function binaryGradient(node: Node<BinaryAttrs>, dy: Node): (Node | null)[] {
  const [a, b] = node.inputs as [Node, Node];
  const toB = (gradient: Node) => sumTo(gradient, b.shape);
  const neg = (x: Node) => unaryNode('neg', x);
  switch (node.attrs.name) {
    case 'add':
      return [dy, toB(dy)];
    case 'sub':
      return [dy, toB(neg(dy))];
    case 'rsub':
      return [neg(dy), toB(dy)];
    case 'mul':
      return [binaryNode('mul', dy, b), toB(binaryNode('mul', dy, a))];
    case 'div': // d/db a/b = −(a/b)/b
      return [binaryNode('div', dy, b), toB(neg(binaryNode('div', binaryNode('mul', dy, node), b)))];
    case 'rdiv': // y = b/a
      return [neg(binaryNode('div', binaryNode('mul', dy, node), a)), toB(binaryNode('div', dy, a))];
    case 'maximum':
    case 'minimum': {
      // Where both are equal each gets half, as PyTorch does.
      const greater =
        node.attrs.name === 'maximum' ? binaryNode('greater', a, b) : binaryNode('greater', expandNode(b, a.shape), a);
      const half = binaryNode('mul', binaryNode('equal', a, b), fullNode([], 0.5));
      const share = binaryNode('add', greater, half);
      return [binaryNode('mul', dy, share), toB(binaryNode('mul', dy, binaryNode('rsub', share, fullNode([], 1))))];
    }
    case 'wherePositive':
      return [binaryNode('wherePositive', dy, b), null];
    case 'seluGrad': // linear in a; its slope in b is 0 or a
      return [binaryNode('seluGrad', dy, b), toB(binaryNode('mul', binaryNode('mul', dy, a), notPositive(b)))];
    case 'fmod': // a − b·trunc(a/b)
      return [dy, toB(neg(binaryNode('mul', dy, unaryNode('trunc', binaryNode('div', a, b)))))];
    case 'remainder': // a − b·floor(a/b)
      return [dy, toB(neg(binaryNode('mul', dy, unaryNode('floor', binaryNode('div', a, b)))))];
    case 'pow':
      return [powerBaseGradient(node, dy), toB(powerExponentGradient(node, dy))];
    case 'greater':
    case 'equal':
    case 'notEqual':
    case 'less':
    case 'lessEqual':
    case 'greaterEqual':
      return [null, null];
    default:
      return node.attrs.name satisfies never;
  }
}

/** dy · b·a^(b − 1), and 0 where b = 0. */
function powerBaseGradient(node: Node<BinaryAttrs>, dy: Node): Node {
  const [a, b] = node.inputs as [Node, Node];
  const exponent = constantOf(b);
  if (exponent === 0) return fullNode(a.shape, 0);
  const slope = binaryNode('mul', binaryNode('pow', a, binaryNode('sub', b, fullNode([], 1))), b);
  const gradient = binaryNode('mul', dy, slope);
  if (exponent !== undefined) return gradient;
  return whereNode(binaryNode('equal', b, fullNode([], 0)), fullNode([], 0), gradient);
}

/** dy · a^b·ln a, and 0 where a = 0 and b ≥ 0. */
function powerExponentGradient(node: Node<BinaryAttrs>, dy: Node): Node {
  const [a, b] = node.inputs as [Node, Node];
  const [base, exponent] = [binaryNode('equal', a, fullNode([], 0)), binaryNode('greaterEqual', b, fullNode([], 0))];
  const gradient = binaryNode('mul', dy, binaryNode('mul', node, unaryNode('log', a)));
  return whereNode(binaryNode('mul', base, exponent), fullNode([], 0), gradient);
}

/** 1 where x ≤ 0, else 0. */
function notPositive(x: Node): Node {
  return binaryNode('rsub', binaryNode('greater', x, fullNode([], 0)), fullNode([], 1));
}

/** The op with its arguments exchanged, where there is one. */
const swapped: Partial<Record<BinaryName, BinaryName>> = {
  add: 'add',
  mul: 'mul',
  maximum: 'maximum',
  minimum: 'minimum',
  equal: 'equal',
  sub: 'rsub',
  rsub: 'sub',
  div: 'rdiv',
  rdiv: 'div',
  notEqual: 'notEqual',
  greater: 'less',
  less: 'greater',
  greaterEqual: 'lessEqual',
  lessEqual: 'greaterEqual',
};

/** a op b with broadcasting. The smaller operand repeats in the kernel where it can; otherwise it is expanded first. */
export function binaryNode(name: BinaryName, a: Node, b: Node): Node {
  const shape = broadcastShapes(a.shape, b.shape, name);
  const folded = fold(name, a, b);
  if (folded !== undefined) return fullNode(shape, folded);
  if (sameShape(b.shape, shape) && !sameShape(a.shape, shape) && swapped[name]) return binaryNode(swapped[name], b, a);
  const left = expandNode(a, shape);
  if ((name === 'mul' || name === 'div') && constantOf(b) === 1) return left;
  const right = repeats(b, shape) ? b : expandNode(b, shape);
  return makeNode(binary, [left, right], { name, period: sizeOf(right.shape) });
}

/** Whether b, laid end to end, is b broadcast to `shape`: its extents are the last ones of the shape, after ones. */
function repeats(b: Node, shape: readonly number[]): boolean {
  const extents = [...b.shape];
  while (extents.length > 0 && extents[0] === 1) extents.shift();
  return extents.every((extent, axis) => extent === shape[shape.length - extents.length + axis]);
}

/** The result when both operands are one number; rounded to f32 as the kernel would. */
function fold(name: BinaryName, a: Node, b: Node): number | undefined {
  const x = constantOf(a);
  const y = constantOf(b);
  if (x === undefined || y === undefined) return undefined;
  if (name === 'mul') return Math.fround(Math.fround(x) * Math.fround(y));
  if (name === 'add') return Math.fround(Math.fround(x) + Math.fround(y));
  if (name === 'sub') return Math.fround(Math.fround(x) - Math.fround(y));
  return undefined;
}

/** Softmax, log-softmax and cross-entropy over the last axis, and the count of right answers. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape } from '../tensor/shape.ts';
import { type LowerContext, type Op, samplewiseRows } from './define-op.ts';

function rowsOf(x: Node, at: LowerContext): { rows: number; n: number } {
  const n = x.shape[x.shape.length - 1] ?? 1;
  return { rows: n === 0 ? 0 : at.elements(x) / n, n };
}

/** A row must lie within one sample. */
function rowsWithinSamples(node: Node, split: readonly boolean[], batch: number): boolean {
  return samplewiseRows(node, split, batch) && node.shape.length > 1;
}

function rowOp(name: 'softmax' | 'logSoftmax', gradientOp: () => Op<object>): Op<object> {
  return {
    name,
    infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
    gradient: (node, dy) => [makeNode(gradientOp(), [dy, node], {})],
    samplewise: rowsWithinSamples,
    lower(node, at) {
      const { rows, n } = rowsOf(node, at);
      at.call(name, at.start(node.inputs[0]!), at.start(node), rows, n);
    },
  };
}

function rowGradient(name: 'softmaxGrad' | 'logSoftmaxGrad'): Op<object> {
  return {
    name,
    infer: ([dy]) => ({ shape: dy!.shape, dtype: 'f32' }),
    samplewise: rowsWithinSamples,
    lower(node, at) {
      const [dy, y] = node.inputs as [Node, Node];
      const { rows, n } = rowsOf(node, at);
      at.call(name, at.start(dy), at.start(y), at.start(node), rows, n);
    },
  };
}

const softmaxGrad = rowGradient('softmaxGrad');
const logSoftmaxGrad = rowGradient('logSoftmaxGrad');
export const softmax: Op<object> = rowOp('softmax', () => softmaxGrad);
export const logSoftmax: Op<object> = rowOp('logSoftmax', () => logSoftmaxGrad);

function checkTargets(where: string, x: Node, targets: Node): void {
  if (
    x.shape.length !== 2 ||
    targets.shape.length !== 1 ||
    targets.shape[0] !== x.shape[0] ||
    targets.dtype !== 'i32'
  ) {
    throw new ShapeError(
      `${where}: expected logits f32 [B, C] and targets i32 [B], got ${x.dtype} ${formatShape(x.shape)} and ${targets.dtype} ${formatShape(targets.shape)}`,
    );
  }
}

/** Loss of each row: [B, C] logits and [B] class numbers → [B]. */
export const crossEntropy: Op<object> = {
  name: 'crossEntropy',
  infer([x, targets]) {
    checkTargets('crossEntropy', x!, targets!);
    return { shape: targets!.shape, dtype: 'f32' };
  },
  gradient: (node, dy) => [makeNode(crossEntropyGrad, [node.inputs[0]!, node.inputs[1]!, dy], {}), null],
  samplewise: samplewiseRows,
  lower(node, at) {
    const [x, targets] = node.inputs as [Node, Node];
    const { rows, n } = rowsOf(x, at);
    at.call('crossEntropy', at.start(x), at.start(targets), at.start(node), rows, n);
  },
};

const crossEntropyGrad: Op<object> = {
  name: 'crossEntropyGrad',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: samplewiseRows,
  lower(node, at) {
    const [x, targets, dy] = node.inputs as [Node, Node, Node];
    const { rows, n } = rowsOf(x, at);
    at.call('crossEntropyGrad', at.start(x), at.start(targets), at.start(dy), at.start(node), rows, n);
  },
};

/** 1 where the largest logit is the target's, else 0: [B, C], [B] → [B]. */
export const correct: Op<object> = {
  name: 'correct',
  infer([x, targets]) {
    checkTargets('correct', x!, targets!);
    return { shape: targets!.shape, dtype: 'f32' };
  },
  samplewise: samplewiseRows,
  lower(node, at) {
    const [x, targets] = node.inputs as [Node, Node];
    const { rows, n } = rowsOf(x, at);
    at.call('correct', at.start(x), at.start(targets), at.start(node), rows, n);
  },
};

/** What evaluation counts and keeps over its batches, in stored values that its programs change in place. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { type Op, samplewiseRows, wholeBatch } from './define-op.ts';

function checkScores(where: string, x: Node, targets: Node): void {
  if (x.shape.length === 2 && targets.shape.length === 1 && targets.shape[0] === x.shape[0] && targets.dtype === 'i32')
    return;
  throw new ShapeError(
    `${where}: expected scores f32 [B, C] and targets i32 [B], got ${x.dtype} ${formatShape(x.shape)} and ${targets.dtype} ${formatShape(targets.shape)}`,
  );
}

const topKCorrect: Op<{ readonly k: number }> = {
  name: 'topKCorrect',
  infer([x, targets]) {
    checkScores('topKCorrect', x!, targets!);
    return { shape: targets!.shape, dtype: 'f32' };
  },
  samplewise: samplewiseRows,
  lower(node, at) {
    const [x, targets] = node.inputs as [Node, Node];
    const rows = at.elements(node);
    at.call('topKCorrect', at.start(x), at.start(targets), at.start(node), rows, x.shape[1]!, node.attrs.k);
  },
};

/** 1 where the target is among the k largest scores, else 0: [B, C], i32 [B] → [B]. Of equal scores the lower class counts as larger. */
export function topKNode(x: Node, targets: Node, k: number): Node {
  return makeNode(topKCorrect, [x, targets], { k });
}

const confusion: Op<object> = {
  name: 'confusion',
  infer([counts, x, targets]) {
    checkScores('confusionMatrix', x!, targets!);
    return { shape: counts!.shape, dtype: 'i32' };
  },
  samplewise: wholeBatch,
  inPlace: ({ inputs: [counts] }) => [counts!],
  lower(node, at) {
    const [counts, x, targets] = node.inputs as [Node, Node, Node];
    const [rows, classes] = x.shape as [number, number];
    at.call('confusionCounts', at.base(x), at.base(targets), at.base(counts), rows, classes);
  },
};

/** Adds a batch to stored counts i32 [C, C]: rows are targets, columns the classes of the largest score. */
export function confusionNode(counts: Node, x: Node, targets: Node): Node {
  return makeNode(confusion, [counts, x, targets], {});
}

const storeBatch: Op<{ readonly batchSamples: number }> = {
  name: 'storeBatch',
  infer: ([all]) => ({ shape: all!.shape, dtype: all!.dtype }),
  samplewise: wholeBatch,
  inPlace: ({ inputs: [all] }) => [all!],
  lower(node, at) {
    const [all, x] = node.inputs as [Node, Node];
    const sampleBytes = 4 * sizeOf(x.shape.slice(1));
    const stepBytes = node.attrs.batchSamples * sampleBytes;
    at.call('storeBatch', at.base(x), at.base(all), x.shape[0]! * sampleBytes, at.control.step, stepBytes);
  },
};

/** Keeps the rows of a batch among those of all samples [N, …]; the steps of the run are batches of `batchSamples`, in order. */
export function storeBatchNode(all: Node, x: Node, batchSamples: number): Node {
  return makeNode(storeBatch, [all, x], { batchSamples });
}

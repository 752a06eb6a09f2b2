/** PReLU (He et al. 2015): x where x > 0, else slope · x, with a learned slope for every channel or one for all; and its gradients. */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { sumNode } from './broadcast.ts';
import { keepsRows, type LowerContext, type Op } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';

interface Geometry {
  /** Samples of the task. */
  readonly samples: number;
  /** Of a sample, as the kernels read it: [rows][channels][inner]. */
  readonly rows: number;
  readonly channels: number;
  readonly inner: number;
}

/** x is [B, C, …], images channels-last; one slope counts the whole sample as one channel. */
function geometryOf(x: Node, slope: Node, at: LowerContext): Geometry {
  const [batch, channels] = [x.shape[0]!, sizeOf(slope.shape)];
  const samples = (batch / at.total) * at.count;
  if (channels === 1) return { samples, rows: 1, channels, inner: batch === 0 ? 0 : sizeOf(x.shape) / batch };
  const inner = sizeOf(x.shape.slice(2));
  return x.shape.length === 4 ? { samples, rows: inner, channels, inner: 1 } : { samples, rows: 1, channels, inner };
}

function samplewise(node: Node, split: readonly boolean[], batch: number): boolean {
  return (split[0] === true || (node.inputs.length > 2 && split[1] === true)) && keepsRows(node, batch);
}

/** x [B, C, …] and slopes [C] or [1] → the shape of x. */
const prelu: Op<object> = {
  name: 'prelu',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const [x, slope] = node.inputs as [Node, Node];
    const perSample = makeNode(slopeSums, [dy, x, slope], {});
    const ofSlope = sumNode(perSample, { axes: [0], keepDims: false });
    return [makeNode(inputGradient, [dy, x, slope], {}), reshapeNode(ofSlope, slope.shape)];
  },
  samplewise,
  layout: () => ({ inputs: ['channelsLast', 'row'], output: 'channelsLast' }),
  lower(node, at) {
    const [x, slope] = node.inputs as [Node, Node];
    const { samples, rows, channels, inner } = geometryOf(x, slope, at);
    at.call('prelu', at.start(x), at.base(slope), at.start(node), samples * rows, channels, inner);
  },
};

/** dy, x and slopes → dx. */
const inputGradient: Op<object> = {
  name: 'preluInputGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise,
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row'], output: 'channelsLast' }),
  lower(node, at) {
    const [dy, x, slope] = node.inputs as [Node, Node, Node];
    const { samples, rows, channels, inner } = geometryOf(x, slope, at);
    at.call('preluGrad', at.start(dy), at.start(x), at.base(slope), at.start(node), samples * rows, channels, inner);
  },
};

/** dy, x and slopes → [B, C]: the gradient to the slopes of each sample, so that no cut of the batch changes their sum. */
const slopeSums: Op<object> = {
  name: 'preluSlopeSums',
  infer: ([, x, slope]) => ({ shape: [x!.shape[0]!, sizeOf(slope!.shape)], dtype: 'f32' }),
  samplewise,
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row'], output: 'row' }),
  lower(node, at) {
    const [dy, x, slope] = node.inputs as [Node, Node, Node];
    const { samples, rows, channels, inner } = geometryOf(x, slope, at);
    at.call('preluGradSums', at.start(dy), at.start(x), at.start(node), samples, rows, channels, inner);
  },
};

/** x of rank ≥ 1; slopes [C] or [1]. */
export function preluNode(x: Node, slope: Node): Node {
  return makeNode(prelu, [x, slope], {});
}

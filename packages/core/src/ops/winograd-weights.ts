/** The weight of a 3×3 convolution in Winograd's domain, for the product itself and for the gradient to its input. */
import { makeNode, type Node } from '../graph/node.ts';
import { type LowerContext, type Op, type Tile, wholeBatch } from './define-op.ts';

/** Channels summed over from which Winograd's transforms pay. */
const leastChannels = 16;

/** Whether a product that sums over this kernel and so many channels may run by Winograd; a function of shapes alone. */
export function suitsWinograd(kernel: readonly [number, number], channels: number): boolean {
  return kernel[0] === 3 && kernel[1] === 3 && channels >= leastChannels && channels % 4 === 0;
}

interface WinogradAttrs {
  /** For the gradient to the input: outputs and inputs exchanged, kernels turned by half a turn. */
  readonly transposed: boolean;
}

/** [O, C, 3, 3] → [O/16][16 positions][C][16], or transposed [C/16][16 positions][O][16]. */
const winogradWeights: Op<WinogradAttrs> = {
  name: 'winogradWeights',
  infer([weight], { transposed }) {
    const [outputs, inputs] = weight!.shape as [number, number];
    const [columns, summed] = transposed ? [inputs, outputs] : [outputs, inputs];
    return { shape: [Math.ceil(columns / 16), 16, summed, 16], dtype: 'f32' };
  },
  samplewise: wholeBatch,
  lower: (node, at) => refresh(node, at, { first: 0, count: node.inputs[0]!.shape[0]! }),
  explain: () => 'kept between steps, refreshed where the update changed rows',
  refreshRows: refresh,
};

function refresh(node: Node<WinogradAttrs>, at: LowerContext, rows: Tile): void {
  const weight = node.inputs[0]!;
  const [outputs, inputs] = weight.shape as [number, number];
  const [from, to] = [at.base(weight), at.base(node)];
  if (node.attrs.transposed) at.call('winogradPackTransposed', from, to, inputs, outputs, rows.first, rows.count);
  else at.call('winogradPack', from + rows.first * inputs * 36, to + rows.first * inputs * 64, inputs, rows.count);
}

/** The weight as `winograd` and `winogradPool` read it. */
export function winogradNode(weight: Node, attrs: WinogradAttrs = { transposed: false }): Node {
  return makeNode(winogradWeights, [weight], attrs);
}

/** Leaves of the graph: stored values, constants that are one number, and the inputs of a traced program. */
import { f32Bits } from '@lockstep/kernels';
import type { MixAddresses } from '../augment/mix-table.ts';
import { TensorStateError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import type { DType } from '../tensor/dtype.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { augmentImages, type ImageAugmentation } from './augment.ts';
import { type LowerContext, type Op, wholeBatch } from './define-op.ts';

interface LeafAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A stored value: data of the user, a parameter. */
export const leaf: Op<LeafAttrs> = {
  name: 'leaf',
  infer: (_inputs, attrs) => attrs,
  samplewise: wholeBatch,
  lower() {
    throw new TensorStateError('leaf: a stored value has no storage; this is a defect of the engine, please report it');
  },
};

export interface InputAttrs extends LeafAttrs {
  readonly name: string;
  /** Emits the calls that bring the batch's samples in; absent for inputs whose memory the caller fills. */
  readonly source?: InputSource;
  /** About half of it or more is expected to be exactly zero. */
  readonly sparse?: boolean;
}

/** Where a traced input comes from: rows of a data set, gathered by sample number. */
export type InputSource =
  | ({ readonly kind: 'rows'; readonly address: number; readonly sampleBytes: number } & MixedSource)
  | ({
      readonly kind: 'images';
      readonly address: number;
      readonly channels: number;
      readonly pixels: number;
      /** out = u8 · scale[c] + shift[c]. */
      readonly scale: readonly number[];
      readonly shift: readonly number[];
      /** What the bytes go through before they become floats. */
      readonly augment?: ImageAugmentation;
    } & MixedSource);

interface MixedSource {
  /** Each sample is mixed with its partner, sample B − 1 − s of the batch. */
  readonly mix?: MixAddresses;
  /** Sample s is that of its partner: the targets of mixed samples. */
  readonly partners?: boolean;
}

/** An input of a traced program: axis 0 counts the samples. */
export const input: Op<InputAttrs> = {
  name: 'input',
  infer: (_inputs, attrs) => attrs,
  samplewise: () => true,
  lower(node, at) {
    const source = node.attrs.source;
    if (source?.kind === 'rows') gatherRows(node, at, source);
    else if (source?.augment || source?.mix) gatherAugmented(node, at, source);
    else if (source?.kind === 'images') imageCall(node, at, source, plainImages(at, source));
  },
};

type RowSource = Extract<InputSource, { kind: 'rows' }>;
type ImageSource = Extract<InputSource, { kind: 'images' }>;

function gatherRows(
  node: Node<InputAttrs>,
  at: LowerContext,
  { address, sampleBytes, mix, partners }: RowSource,
): void {
  const out = at.start(node);
  const gather = (first: number, count: number, to: number): void =>
    at.call('gatherRows', address, at.control.indices, first, count, sampleBytes, to);
  if (partners) {
    for (let s = 0; s < at.count; s++) gather(at.batch - 1 - at.first - s, 1, out + s * sampleBytes);
    return;
  }
  gather(at.first, at.count, out);
  if (!mix) return;
  const other = at.scratch(at.count * sampleBytes);
  gather(at.batch - at.first - at.count, at.count, other);
  at.call('mixRows', out, other, at.count, sampleBytes / 4, mix.weights);
}

/** Images as they lie one after the other in memory, and the table of their numbers there. */
interface Images {
  readonly address: number;
  readonly indices: number;
  readonly first: number;
}

function plainImages(at: LowerContext, { address }: ImageSource): Images {
  return { address, indices: at.control.indices, first: at.first };
}

/** Emits the change from bytes to normalised floats. */
function imageCall(
  node: Node,
  at: LowerContext,
  source: ImageSource,
  from: Images,
  out: number = at.start(node),
): void {
  const { channels, pixels, scale, shift } = source;
  const table = at.constant('scaleShift', () => new Float32Array([...scale, ...shift]));
  const last = at.layout(node) === 'channelsLast' ? 1 : 0;
  at.call('gatherImages', from.address, from.indices, from.first, at.count, channels, pixels, table, last, out);
}

/** The samples as bytes in scratch, augmented, then as floats; partners go the same way and are mixed in. */
function gatherAugmented(node: Node<InputAttrs>, at: LowerContext, source: ImageSource): void {
  const { address, augment, mix, channels, pixels } = source;
  const sampleBytes = channels * pixels;
  const bytesOf = (first: number): number => {
    const buffers = [at.scratch(at.count * sampleBytes), at.scratch(at.count * sampleBytes)] as const;
    at.call('gatherRows', address, at.control.indices, first, at.count, sampleBytes, buffers[0]);
    return augment ? augmentImages(at, augment, { first, count: at.count, buffers }) : buffers[0];
  };
  const own = bytesOf(at.first);
  const partners = mix ? bytesOf(at.batch - at.first - at.count) : 0;
  if (mix && augment) {
    const spec = at.constant('image', () => new Int32Array(augment.shape));
    at.call('pasteBoxes', own, partners, at.count, spec, mix.box);
  }
  // The images in scratch are numbered from 0, through a table of its own.
  const numbers = at.constant('numbers', () => Int32Array.from({ length: at.batch }, (_, i) => i));
  const indices = at.constant('numbers at', () => new Uint32Array([numbers]));
  imageCall(node, at, source, { address: own, indices, first: 0 });
  if (!mix) return;
  const floats = at.scratch(4 * at.count * sampleBytes);
  imageCall(node, at, source, { address: partners, indices, first: 0 }, floats);
  at.call('mixRows', at.start(node), floats, at.count, sampleBytes, mix.weights);
}

export interface FullAttrs {
  readonly shape: Shape;
  readonly value: number;
}

/** One number everywhere; f32. */
export const full: Op<FullAttrs> = {
  name: 'full',
  infer: (_inputs, attrs) => ({ shape: attrs.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: () => 'same',
  lower(node, at) {
    at.call('fill', at.start(node), sizeOf(node.shape), f32Bits(node.attrs.value));
  },
};

export function fullNode(shape: Shape, value: number): Node {
  return makeNode(full, [], { shape, value });
}

/** The number a node is everywhere, if it is one. */
export function constantOf(node: Node): number | undefined {
  return node.op === full ? (node as Node<FullAttrs>).attrs.value : undefined;
}

/** What a call of the attention kernels works on: extents, and where the rows of each operand lie. */
import { f32Bits } from './load.ts';

/** Elements between samples, heads and rows; 0 where all share one. The elements of a row are contiguous. */
export interface HeadStrides {
  readonly sample: number;
  readonly head: number;
  readonly row: number;
}

export interface AttentionSpec {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Of a row of queries and keys. */
  readonly size: number;
  /** Of a row of values. */
  readonly valueSize: number;
  readonly causal: boolean;
  readonly scale: number;
  readonly q: HeadStrides;
  readonly k: HeadStrides;
  readonly v: HeadStrides;
  readonly out: HeadStrides;
  readonly mask?: HeadStrides | undefined;
  /** Elements between the rows of the key mask, one a sample. */
  readonly keyMask?: number | undefined;
  /** Of the gradients; the same as of their operands unless given. */
  readonly dq?: HeadStrides | undefined;
  readonly dk?: HeadStrides | undefined;
  readonly dv?: HeadStrides | undefined;
}

/** The words that the kernels read. */
export function attentionSpec(spec: AttentionSpec): Int32Array {
  const { heads, queries, keys, size, valueSize, causal, scale, q, k, v, out, mask, keyMask = 0 } = spec;
  const bytes = (strides: HeadStrides | undefined): number[] =>
    strides ? [4 * strides.sample, 4 * strides.head, 4 * strides.row] : [0, 0, 0];
  return new Int32Array([
    ...[heads, queries, keys, size, valueSize, Number(causal), f32Bits(scale)],
    ...[q, k, v, out, mask].flatMap(bytes),
    4 * keyMask,
    ...[spec.dq ?? q, spec.dk ?? k, spec.dv ?? v].flatMap(bytes),
  ]);
}

/** Queries of a tile of the kernels. */
const tile = 32;

/** Bytes of scratch of `attention`, and of `attentionGrad` when `gradient`. */
export function attentionScratchBytes(
  { keys, size, valueSize }: Pick<AttentionSpec, 'keys' | 'size' | 'valueSize'>,
  gradient: boolean,
): number {
  const panels = (k: number, n: number) => Math.ceil(n / 16) * 64 * k;
  const [forwards, scores] = [panels(size, keys), 4 * tile * keys];
  if (!gradient) return 256 + forwards + panels(keys, valueSize) + scores;
  return 256 + forwards + 2 * panels(keys, size) + panels(valueSize, keys) + panels(keys, valueSize) + 3 * scores;
}

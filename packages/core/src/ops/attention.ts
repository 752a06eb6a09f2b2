/**
 * Attention of all heads as one op: scores, softmax, dropout and the product with the values in tiles that stay in the worker's cache.
 * Queries, keys and values may lie in one another's rows (a packed projection), so that nothing is copied to split heads. The gradient is
 * one op too; it computes the probabilities again.
 */
import { type AttentionSpec, attentionScratchBytes, attentionSpec, type HeadStrides } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { keepsRows, type LowerContext, type Op } from './define-op.ts';
import type { DropoutAttrs } from './dropout.ts';
import { rateAddress } from './dropout-rate.ts';
import { drawnRows } from './random-rows.ts';
import { reshapeNode } from './shape-ops.ts';
import { slice } from './slice.ts';

/** Where an operand lies: an input of the op, the first of its elements in each sample, and the strides of heads and rows in elements. */
export interface HeadsOf {
  readonly source: number;
  readonly offset: number;
  readonly head: number;
  readonly row: number;
}

export interface AttentionAttrs extends Pick<AttentionSpec, 'heads' | 'queries' | 'keys' | 'size' | 'valueSize'> {
  readonly causal: boolean;
  readonly scale: number;
  /** How many inputs hold queries, keys and values; additive masks follow. */
  readonly sources: number;
  readonly q: HeadsOf;
  readonly k: HeadsOf;
  readonly v: HeadsOf;
  readonly out: { readonly shape: Shape; readonly head: number; readonly row: number };
  /** The mask is the next input, if there is one; `sample` is 0 where it is the same for all samples. */
  readonly mask: HeadStrides | undefined;
  /** Whether a mask of keys [B, S] is the last input. */
  readonly keyMask: boolean;
  readonly dropout: DropoutAttrs | undefined;
}

const perSample = (node: Node): number => sizeOf(node.shape) / node.shape[0]!;

/** The words of the kernels; those of a gradient whose samples hold the gradients of all sources one after the other. */
function specOf(attrs: AttentionAttrs, sources: readonly Node[], gradientSample?: number): Int32Array {
  const strides = (part: HeadsOf, sample?: number): HeadStrides => ({
    sample: sample ?? perSample(sources[part.source]!),
    head: part.head,
    row: part.row,
  });
  const { q, k, v, out, mask, keys } = attrs;
  const outSample = attrs.heads * attrs.queries * attrs.valueSize;
  const gradients = gradientSample && {
    dq: strides(q, gradientSample),
    dk: strides(k, gradientSample),
    dv: strides(v, gradientSample),
  };
  return attentionSpec({
    ...attrs,
    ...{ q: strides(q), k: strides(k), v: strides(v), mask, keyMask: keys },
    out: { sample: outSample, head: out.head, row: out.row },
    ...gradients,
  });
}

interface Operands {
  readonly sources: readonly Node[];
  readonly mask: Node | undefined;
  readonly keyMask: Node | undefined;
}

/** The inputs, those of a gradient after dy. */
function operandsOf({ inputs, attrs }: Node<AttentionAttrs>, before: number): Operands {
  const sources = inputs.slice(before, before + attrs.sources);
  const masks = inputs.slice(before + attrs.sources);
  return {
    sources,
    mask: attrs.mask ? masks[0] : undefined,
    keyMask: attrs.keyMask ? masks.at(-1) : undefined,
  };
}

/** Addresses of q, k, v and the masks for the task's samples. */
function addresses(attrs: AttentionAttrs, { sources, mask, keyMask }: Operands, at: LowerContext) {
  const part = ({ source, offset }: HeadsOf): number => at.start(sources[source]!) + offset * 4;
  const maskAt = mask ? (attrs.mask!.sample === 0 ? at.base(mask) : at.start(mask)) : 0;
  return [part(attrs.q), part(attrs.k), part(attrs.v), maskAt, keyMask ? at.start(keyMask) : 0] as const;
}

/** What the masks of dropout are drawn by: the number of the task's first row, key, step, site and rate; a rate of 0 draws nothing. */
function draws(node: Node<AttentionAttrs>, at: LowerContext): readonly [number, number, number, number, number] {
  const { dropout, heads, queries } = node.attrs;
  if (!dropout) return [0, 0, 0, 0, 0];
  const { firstRow, key } = drawnRows(node, at, dropout);
  return [firstRow * heads * queries, key, at.control.step, dropout.site, rateAddress(dropout.rate, at)];
}

/** Samples stay apart, but for a mask that all of them share. */
function samplewiseHeads(before: number) {
  return (node: Node<AttentionAttrs>, split: readonly boolean[], batch: number): boolean => {
    const { attrs } = node;
    const sharedMask = attrs.mask?.sample === 0 && split[before + attrs.sources] === true;
    return split.some(Boolean) && !sharedMask && keepsRows(node, batch);
  };
}

const products = ({ attrs, shape }: Node<AttentionAttrs>): number =>
  2 * shape[0]! * attrs.heads * attrs.queries * attrs.keys * (attrs.causal ? 0.5 : 1);

/** Inputs: sources of queries, keys and values, then masks. */
const attention: Op<AttentionAttrs> = {
  name: 'attention',
  infer: (_inputs, { out }) => ({ shape: out.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const { attrs } = node;
    const { sources } = operandsOf(node, 0);
    const gradient = makeNode(attrs.dropout ? droppedGradient : attentionGradient, [dy, ...node.inputs], attrs);
    let start = 0;
    const parts = sources.map((source) => {
      const count = perSample(source);
      const first = start;
      start += count;
      if (sources.length === 1) return reshapeNode(gradient, source.shape);
      const part = { start: [0, first], step: [1, 1], shape: [source.shape[0]!, count] };
      return reshapeNode(makeNode(slice, [gradient], part), source.shape);
    });
    return [...parts, ...node.inputs.slice(attrs.sources).map(() => null)];
  },
  samplewise: samplewiseHeads(0),
  flops: (node) => products(node) * (node.attrs.size + node.attrs.valueSize),
  lower(node, at) {
    const { attrs } = node;
    const operands = operandsOf(node, 0);
    const spec = at.constant('spec', () => specOf(attrs, operands.sources));
    const samples = (node.shape[0]! / at.total) * at.count;
    const scratch = at.scratch(attentionScratchBytes(attrs, false));
    at.call('attention', ...addresses(attrs, operands, at), at.start(node), spec, samples, ...draws(node, at), scratch);
  },
};

/** Inputs: dy, then those of attention. Each sample holds the gradients of its sources, one after the other. */
const attentionGradient: Op<AttentionAttrs> = {
  name: 'attentionGradient',
  infer([, ...inputs], { sources }) {
    const of = inputs.slice(0, sources);
    return { shape: [of[0]!.shape[0]!, of.reduce((sum, source) => sum + perSample(source), 0)], dtype: 'f32' };
  },
  samplewise: samplewiseHeads(1),
  flops: (node) => products(node) * (3 * node.attrs.size + 2 * node.attrs.valueSize),
  lower(node, at) {
    const { attrs } = node;
    const operands = operandsOf(node, 1);
    const { sources } = operands;
    const spec = at.constant('spec', () => specOf(attrs, sources, node.shape[1]!));
    const before = sources.map((_, i) => sources.slice(0, i).reduce((sum, source) => sum + perSample(source), 0));
    const into = ({ source, offset }: HeadsOf): number => at.start(node) + (before[source]! + offset) * 4;
    const results = [into(attrs.q), into(attrs.k), into(attrs.v)] as const;
    const samples = (node.shape[0]! / at.total) * at.count;
    const scratch = at.scratch(attentionScratchBytes(attrs, true));
    const [dy, from] = [at.start(node.inputs[0]!), addresses(attrs, operands, at)];
    at.call('attentionGrad', dy, ...from, ...results, spec, samples, ...draws(node, at), scratch);
  },
};

const droppedAttention: Op<AttentionAttrs> = { ...attention, drawsAnew: true };
const droppedGradient: Op<AttentionAttrs> = { ...attentionGradient, drawsAnew: true };

/** Attention of additive masks and sources as `attrs` says. */
export function attentionNode(inputs: readonly Node[], attrs: AttentionAttrs): Node {
  return makeNode(attrs.dropout ? droppedAttention : attention, inputs, attrs);
}

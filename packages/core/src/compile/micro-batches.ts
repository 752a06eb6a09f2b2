/**
 * The samples of a batch in parts, one after the other: the chain of ops on one part, then the sums over samples (weight gradients) that
 * can go on from the part before, to the same bits. What only these read is kept for as many samples as they take at once, not for the batch.
 */
import { type Node, sizeBytes } from '../graph/node.ts';
import type { PartialSums } from '../ops/define-op.ts';
import type { Schedule } from './schedule.ts';

/** A sum over samples that is taken in parts. */
export interface PartialSum {
  /** The phase whose values it sums. */
  readonly level: number;
  /** Samples that it takes at once: a whole number of its chunks and of micro-batches. */
  readonly samples: number;
  readonly totals: PartialSums['totals'];
}

export interface MicroBatches {
  /** The first sample of each and, last, the batch size. */
  readonly bounds: readonly number[];
  readonly sums: ReadonlyMap<Node, PartialSum>;
}

/** `samples`: of a micro-batch, about. */
export function microBatches(
  order: readonly Node[],
  plan: Schedule,
  of: { batch: number; samples: number },
): MicroBatches {
  const { batch } = of;
  const sums = new Map<Node, PartialSum>();
  if (of.samples >= batch) return { bounds: [0, batch], sums };
  const candidates = order.flatMap((node) => candidateOf(node, plan, batch));
  const samples = samplesAtOnce(candidates, of.samples, batch);
  for (const { node, level, chunk, totals } of candidates) {
    const atOnce = commonMultiple(samples, chunk);
    if (atOnce < batch) sums.set(node, { level, samples: atOnce, totals });
  }
  const bounds = Array.from({ length: Math.ceil(batch / samples) }, (_, i) => i * samples);
  return { bounds: [...bounds, batch], sums };
}

interface Candidate {
  readonly node: Node;
  readonly level: number;
  /** Samples of the fewest chunks that are whole samples. */
  readonly chunk: number;
  readonly totals: PartialSums['totals'];
}

function candidateOf(node: Node, plan: Schedule, batch: number): Candidate[] {
  const { parts } = node.op;
  if (!parts || !plan.level.has(node) || plan.bySamples.has(node)) return [];
  if (!node.inputs.every((input) => plan.bySamples.has(input))) return [];
  const level = Math.max(...node.inputs.map((input) => plan.level.get(input)!));
  const { samples: chunk, totals } = parts(node, batch);
  return [{ node, level, chunk, totals }];
}

/**
 * At least `least` samples, more where that keeps less: a sum whose chunks do not end with micro-batches has to wait until some do, and what
 * it reads is kept until then.
 */
function samplesAtOnce(candidates: readonly Candidate[], least: number, batch: number): number {
  const bytesRead = ({ node }: Candidate): number => node.inputs.reduce((sum, input) => sum + sizeBytes(input), 0);
  const kept = (samples: number): number =>
    candidates.reduce((sum, at) => sum + bytesRead(at) * Math.min(commonMultiple(samples, at.chunk), batch), 0);
  const choices = new Set([least]);
  let multiple = 1;
  for (const { chunk } of [...candidates].sort((a, b) => bytesRead(b) - bytesRead(a))) {
    const both = commonMultiple(multiple, chunk);
    for (const step of [chunk, both]) choices.add(Math.ceil(least / step) * step);
    if (both < batch) multiple = both;
  }
  const possible = [...choices].filter((samples) => samples < batch);
  return possible.reduce((best, samples) => (kept(samples) < kept(best) ? samples : best));
}

export function commonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

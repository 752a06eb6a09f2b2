/**
 * What a test proves of which exports. The test says it of itself and `reporter.ts` counts it once the test has passed, so the table of
 * exports and proofs holds what ran and nothing else.
 */
import type { TestContext } from 'vitest';

/** Golden: equal to values from outside. Gradient: central differences. Bits: equal for any number of workers and shards. */
export type Proof = 'golden' | 'gradient' | 'bits';
export const proofs: readonly Proof[] = ['golden', 'gradient', 'bits'];

export interface Proved {
  readonly proof: Proof;
  readonly names: readonly string[];
  /** Where golden values come from. */
  readonly source?: string;
}

/** An export and what has to be proved of it. */
export interface Row {
  readonly name: string;
  readonly needs: readonly Proof[];
}

declare module 'vitest' {
  interface TaskMeta {
    proves?: Proved[];
    surface?: readonly Row[];
  }
}

/** Says that this test proves something of these exports, by the names of `surface.ts`. */
export function proves({ task }: TestContext, proof: Exclude<Proof, 'golden'>, ...names: string[]): void {
  note(task, { proof, names });
}

/** Says that this test compares these exports with values of `source`, PyTorch unless another is named. */
export function provesGolden({ task }: TestContext, names: readonly string[], source = 'PyTorch'): void {
  note(task, { proof: 'golden', names, source });
}

function note({ meta }: TestContext['task'], proved: Proved): void {
  meta.proves = [...(meta.proves ?? []), proved];
}

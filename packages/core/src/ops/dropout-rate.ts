/**
 * How much a dropout call drops: the words that its kernels read through a pointer. They are constants of the program, or, under a
 * schedule, words that the run sets before each step.
 */
import { f32Bits, type Pointer } from '@lockstep/kernels';
import type { LowerContext } from './define-op.ts';

/**
 * `inverted`: 0 or x/(1 − p). `unscaled`: 0 or x. `alpha`: Klambauer 2017, for SELU networks. `gaussian`: times a normal number of mean 1. `bernoulli`: 1 with
 * probability p, else 0, by a uniform number above 1 − p.
 */
export type RateKind = 'inverted' | 'unscaled' | 'alpha' | 'gaussian' | 'bernoulli';

export interface DropoutRate {
  readonly kind: RateKind;
  readonly p: number;
  /** Where the run puts the words of each step; undefined: p never changes. */
  readonly at: Pointer | undefined;
}

/** Words of a rate: threshold u32, scale f32 (or standard deviation, or 1 − p), offset of kept elements f32, value of dropped ones f32. */
export const rateSize = 4;

/** −λα of SELU, positive: what alpha dropout drops to is −α′ before its affine correction. */
const alphaPrime = 1.7580993408473766;

/** p as the kernels realise it, in steps of 1/65536; p < 1 never becomes 1. A 16-bit number below it drops the element. */
export function dropThreshold(p: number): number {
  return p === 1 ? 65536 : Math.min(65535, Math.round(p * 65536));
}

/** The words of a rate. Scale and offsets follow the probability as it is realised, rounded to f32 once. */
export function rateWords(kind: RateKind, p: number): Uint32Array<ArrayBuffer> {
  if (kind === 'gaussian') return new Uint32Array([0, f32Bits(Math.sqrt(p / (1 - p))), 0, 0]);
  if (kind === 'bernoulli') return new Uint32Array([0, f32Bits(1 - p), 0, 0]);
  const threshold = dropThreshold(p);
  const [dropped, kept] = [threshold / 65536, (65536 - threshold) / 65536];
  if (kept === 0 || kind === 'unscaled') return new Uint32Array([threshold, f32Bits(1), 0, 0]);
  if (kind === 'inverted') return new Uint32Array([threshold, f32Bits(1 / kept), 0, 0]);
  const a = 1 / Math.sqrt((alphaPrime * alphaPrime * dropped + 1) * kept);
  return new Uint32Array([
    threshold,
    f32Bits(a),
    f32Bits(a * alphaPrime * dropped),
    f32Bits(a * alphaPrime * (dropped - 1)),
  ]);
}

/** The address of a rate's words in the program that is being written. */
export function rateAddress({ kind, p, at }: DropoutRate, to: LowerContext): Pointer {
  return at ?? to.constant(`rate ${kind} ${p}`, () => rateWords(kind, p));
}

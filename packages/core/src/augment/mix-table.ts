/** How a step mixes its samples with their partners: the words that kernels and the loss read, drawn anew for each step. */
import type { Pointer } from '@lockstep/kernels';
import { philox } from '../random/philox.ts';
import { type Seed, streamKey } from '../random/streams.ts';
import { beta, type Deviates } from './beta.ts';
import type { BatchTransform } from './transforms.ts';

/** Where the words of a step stand, from the base of the table, in bytes. */
const at = { weights: 0, box: 8, losses: 24 } as const;

/** Addresses of a step's words. */
export interface MixAddresses {
  /** f32: weights of the own sample and of the partner. */
  readonly weights: Pointer;
  /** i32: top, bottom, left, right of what comes from the partner. */
  readonly box: Pointer;
  /** f32: weights of the loss with the own target, and with the partner's. */
  readonly losses: Pointer;
}

export interface MixPlan {
  readonly transforms: readonly BatchTransform[];
  readonly seed: Seed;
  /** [H, W] of images; rows of numbers have none. */
  readonly size: readonly [height: number, width: number] | undefined;
}

export class MixTable {
  /** 32-bit words of the table. */
  static readonly words: number = 8;
  readonly addresses: MixAddresses;
  readonly #plan: MixPlan;
  readonly #key: readonly [number, number];

  /** `base`: the address of `MixTable.words` words that the run sets before each step. */
  constructor(base: Pointer, plan: MixPlan) {
    this.#plan = plan;
    this.#key = streamKey(plan.seed, 'augment', 1);
    this.addresses = { weights: base + at.weights, box: base + at.box, losses: base + at.losses };
  }

  /** Puts the words of step `step` (from 0) into `into`. Of two transforms each step takes one, with equal probability. */
  fill(step: number, into: Uint32Array): void {
    const floats = new Float32Array(into.buffer, into.byteOffset, MixTable.words);
    const words = new Int32Array(into.buffer, into.byteOffset, MixTable.words);
    const { transforms, size } = this.#plan;
    const deviates = stepDeviates(this.#key, step);
    const transform = transforms[Math.min(Math.floor(deviates() * transforms.length), transforms.length - 1)]!;
    const mixes = deviates() < transform.p;
    let own = mixes ? beta(transform.alpha, deviates) : 1;
    words.fill(0);
    floats.set([1, 0]);
    if (transform.kind === 'mixup') floats.set([own, 1 - own]);
    else if (mixes) {
      const box = boxOf(own, size!, deviates);
      words.set(box, at.box / 4);
      own = 1 - ((box[1] - box[0]) * (box[3] - box[2])) / (size![0] * size![1]);
    }
    floats.set([own, 1 - own], at.losses / 4);
  }
}

/** Top, bottom, left, right of a box of 1 − own of the area around a uniformly random pixel, as far as it lies in the image. */
function boxOf(
  own: number,
  [height, width]: readonly [number, number],
  deviates: Deviates,
): [number, number, number, number] {
  const side = Math.sqrt(1 - own);
  const along = (size: number): [number, number] => {
    const half = Math.floor(Math.floor(size * side) / 2);
    const centre = Math.min(Math.floor(deviates() * size), size - 1);
    return [Math.max(centre - half, 0), Math.min(centre + half, size)];
  };
  return [...along(height), ...along(width)];
}

/** The deviates of a step, in order: words of Philox(block, step, 0, 0; key). */
function stepDeviates(key: readonly [number, number], step: number): Deviates {
  let block: number[] = [];
  let next = 0;
  let drawn = 0;
  return () => {
    if (next === block.length) {
      block = philox([drawn++, step, 0, 0], key);
      next = 0;
    }
    return (block[next++]! + 0.5) * 2 ** -32;
  };
}

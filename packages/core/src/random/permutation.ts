/**
 * A counter-based shuffle: position i of epoch e is a pure function of (seed, e, i), so any worker can compute any part of it and a
 * resumed run needs no state. A Feistel network over the smallest even-width power of two ≥ n, with cycle walking (Black & Rogaway 2002).
 */
import { philox } from './philox.ts';
import { type Seed, streamKey } from './streams.ts';

const rounds = 8;

/** A bijection of [0, count), different for every (seed, epoch). */
export function permutation(seed: Seed, epoch: number, count: number): (index: number) => number {
  let side = 2;
  while (side * side < count) side *= 2;
  const mask = side - 1;
  const key = streamKey(seed, 'shuffle');
  const keys: number[] = [];
  for (let block = 0; keys.length < rounds; block++) keys.push(...philox([epoch >>> 0, block, 0, 0], key));
  const once = (value: number): number => {
    let left = Math.floor(value / side);
    let right = value & mask;
    for (let round = 0; round < rounds; round++) {
      const next = left ^ (mix(right ^ keys[round]!) & mask);
      left = right;
      right = next;
    }
    return left * side + right;
  };
  return (index) => {
    let value = once(index);
    while (value >= count) value = once(value);
    return value;
  };
}

/** The finaliser of MurmurHash3: every input bit affects every output bit. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * From one root seed to the keys of independent streams. Nothing is drawn from a stateful generator: a key and a counter that
 * names the thing (a parameter, a step, a sample, an element) give its number, whoever computes it.
 */
import { type Key, philox } from './philox.ts';

/** A root seed: an integer, read modulo 2⁶⁴. */
export type Seed = number | bigint;

/** The streams under a root seed. Their numbers are part of the format: changing one changes every result. */
const streamNumbers = { init: 1, shuffle: 2, augment: 3, dropout: 4, worker: 5, user: 6 } as const;

export type StreamName = keyof typeof streamNumbers;

/** The seed as two unsigned 32-bit words, low first. RangeError if it is not an integer. */
export function seedWords(seed: Seed): Key {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new RangeError(`seed: expected an integer (a bigint beyond 2^53), got ${seed}`);
  }
  const bits = BigInt.asUintN(64, BigInt(seed));
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}

/** The key of a named stream, or of its `index`-th sub-stream. */
export function streamKey(seed: Seed, stream: StreamName, index = 0): Key {
  const [a, b] = philox([index >>> 0, Math.floor(index / 2 ** 32) >>> 0, 0, streamNumbers[stream]], seedWords(seed));
  return [a, b];
}

/**
 * The deterministic seed of logical worker `rank` under `root`: a 64-bit number, different for every rank.
 * A logical worker is a shard of the batch, not a thread: results never depend on which thread runs it.
 */
export function workerSeed(root: Seed, rank: number): bigint {
  if (!Number.isSafeInteger(rank) || rank < 0)
    throw new RangeError(`workerSeed: rank must be an integer ≥ 0, got ${rank}`);
  const [low, high] = streamKey(root, 'worker', rank);
  return (BigInt(high) << 32n) | BigInt(low);
}

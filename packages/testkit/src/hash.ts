/** Numbers from an integer hash, bit for bit those of packages/core/test/golden/generate.py. */

/** The seed that a name stands for: 32-bit FNV-1a over its UTF-8 bytes. */
export function seedOfName(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed >>> 0;
}

/** The hash of a seed and an index, as an unsigned 32-bit integer. */
export function hash32(seed: number, index: number): number {
  return mix((mix(Math.imul(index, 0x9e3779b9)) + seed) | 0) >>> 0;
}

/** Element `index` of the sequence `name`: uniform in [-bound, bound), a float32 number. */
export function goldenValue(name: string, index: number, bound = 1): number {
  return uniform(seedOfName(name), index, Math.fround(bound));
}

/** The first `count` elements of the sequence `name`; `bound` is rounded to float32 first. */
export function hashUniform(name: string, count: number, bound = 1): Float32Array {
  const seed = seedOfName(name);
  const limit = Math.fround(bound);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = uniform(seed, i, limit);
  return values;
}

/** `count` class labels below `classes`: hash modulo classes. */
export function hashTargets(name: string, count: number, classes: number): Int32Array {
  const seed = seedOfName(name);
  const targets = new Int32Array(count);
  for (let i = 0; i < count; i++) targets[i] = hash32(seed, i) % classes;
  return targets;
}

/** PyTorch's default bound for weights and biases, 1/√fanIn, rounded to float32. */
export function fanInBound(fanIn: number): number {
  return Math.fround(1 / Math.sqrt(fanIn));
}

// The product of two 24-bit significands is exact in float64, so this rounds once, like float32 hardware.
function uniform(seed: number, index: number, bound: number): number {
  const unit = ((hash32(seed, index) >>> 8) / 2 ** 24) * 2 - 1;
  return Math.fround(unit * bound);
}

// Murmur3's finalizer.
function mix(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return x ^ (x >>> 16);
}

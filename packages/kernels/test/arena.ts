/**
 * One memory for a kernel or its twin: canary bytes everywhere, operands placed at 4-byte aligned addresses between
 * them.
 */

/** How operand floats are drawn. */
export type FloatKind =
  /** Uniform in [−2, 2). */
  | 'ordinary'
  /** Any exponent. */
  | 'wide'
  /** Wide with NaN, ±0, ±Infinity and subnormals among them. */
  | 'special';

const specials: readonly number[] = [Number.NaN, 0, -0, Infinity, -Infinity, 1e-40, -3e-45, 1, -1, 3.4028234e38];

/** A range of bytes whose content does not matter after the call: scratch, or lanes that the contract leaves open. */
export interface Scratch {
  readonly at: number;
  readonly bytes: number;
}

export const arenaPages = 16;
const arenaBytes = arenaPages * 65536;

/** Canary content, the same for every arena, so that an arena is reset by one copy. */
const canary: Uint32Array = new Uint32Array(arenaBytes / 4).map((_, i) => Math.imul(i + 1, 2654435761));

export class Arena {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  #next = 256;
  #state: number;

  constructor(memory: WebAssembly.Memory, seed: number) {
    new Uint32Array(memory.buffer).set(canary);
    this.f32 = new Float32Array(memory.buffer);
    this.i32 = new Int32Array(memory.buffer);
    this.u8 = new Uint8Array(memory.buffer);
    this.#state = seed | 1;
  }

  /** Room for `bytes` bytes with at least 68 bytes of canary before the next operand. */
  space(bytes: number): number {
    const at = this.#next;
    // 68 is no multiple of 16: over several operands every alignment of 4 bytes occurs.
    this.#next = (at + bytes + 3 + 68 + 4 * (this.#random() & 3)) & ~3;
    if (this.#next + 64 > arenaBytes) throw new Error('the arena of the tests is too small for this case');
    return at;
  }

  floats(n: number, kind: FloatKind = 'ordinary'): number {
    const at = this.space(4 * n);
    for (let i = 0; i < n; i++) this.f32[at / 4 + i] = this.#float(kind);
    return at;
  }

  /** The given words, in order. */
  ints(values: readonly number[]): number {
    const at = this.space(4 * values.length);
    this.i32.set(values, at / 4);
    return at;
  }

  /** The given floats, in order. */
  floatValues(values: readonly number[]): number {
    const at = this.space(4 * values.length);
    this.f32.set(values, at / 4);
    return at;
  }

  bytes(n: number): number {
    const at = this.space(n);
    for (let i = 0; i < n; i++) this.u8[at + i] = this.#random();
    return at;
  }

  /** n integers in [0, below). */
  indices(n: number, below: number): number {
    return this.ints(Array.from({ length: n }, () => (this.#random() >>> 8) % below));
  }

  #float(kind: FloatKind): number {
    const bits = this.#random();
    const unit = (bits >>> 0) / 2 ** 30 - 2;
    if (kind === 'ordinary') return unit;
    if (kind === 'special' && (bits & 7) === 0) return specials[(bits >>> 8) % specials.length]!;
    return unit * 2 ** (((this.#random() >>> 8) % 60) - 30);
  }

  /** xorshift32. */
  #random(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (this.#state = s);
  }
}

/** The first word at which two memories differ outside `ignored`, or −1. Any NaN equals any NaN. */
export function firstDifference(a: WebAssembly.Memory, b: WebAssembly.Memory, ignored: readonly Scratch[]): number {
  const [wordsA, wordsB] = [new Int32Array(a.buffer), new Int32Array(b.buffer)];
  for (let i = 0; i < wordsA.length; i++) {
    const [x, y] = [wordsA[i]!, wordsB[i]!];
    if (x === y || (isNaNBits(x) && isNaNBits(y))) continue;
    if (!ignored.some(({ at, bytes }) => 4 * i >= at && 4 * i < at + bytes)) return 4 * i;
  }
  return -1;
}

function isNaNBits(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

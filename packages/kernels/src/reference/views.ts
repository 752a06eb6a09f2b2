/**
 * Typed views over a memory that may grow: made anew whenever its buffer has been replaced. Pointers are byte
 * addresses.
 */
import type { Pointer } from '../signatures.ts';

export class Views {
  readonly #memory: WebAssembly.Memory;
  #buffer: ArrayBufferLike;
  #f32: Float32Array;
  #i32: Int32Array;
  #u8: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#buffer = memory.buffer;
    this.#f32 = new Float32Array(this.#buffer);
    this.#i32 = new Int32Array(this.#buffer);
    this.#u8 = new Uint8Array(this.#buffer);
  }

  /** The memory as floats; element i is the float at byte 4i. */
  get f32(): Float32Array {
    this.#refresh();
    return this.#f32;
  }

  get i32(): Int32Array {
    this.#refresh();
    return this.#i32;
  }

  get u8(): Uint8Array {
    this.#refresh();
    return this.#u8;
  }

  #refresh(): void {
    if (this.#buffer === this.#memory.buffer) return;
    this.#buffer = this.#memory.buffer;
    this.#f32 = new Float32Array(this.#buffer);
    this.#i32 = new Int32Array(this.#buffer);
    this.#u8 = new Uint8Array(this.#buffer);
  }
}

/** The index of a pointer's word in `f32` or `i32`. */
export function word(pointer: Pointer): number {
  return pointer >>> 2;
}

/** A copy of tensors in ordinary memory, to put them back after a worker was lost in the middle of changing them. */
import type { DType, Tensor } from '@lockstep/core';

/** Work between two copies costs at least this many times what a copy does: copies take less than 1 % of the time. */
const workPerCopy = 100;

export class MemoryCopy {
  readonly #tensors: readonly Tensor<DType>[];
  readonly #now: () => number;
  #bytes: Uint8Array | undefined;
  #taken = false;
  #copyMs = 0;
  #workMs = 0;

  /** `now`: a clock in ms. */
  constructor(tensors: readonly Tensor<DType>[], now: () => number = () => performance.now()) {
    this.#tensors = tensors;
    this.#now = now;
  }

  /** Whether there is one. */
  get taken(): boolean {
    return this.#taken;
  }

  /** There is none, or so much work was done since the last that another is cheap beside it. */
  get due(): boolean {
    return !this.#taken || this.#workMs >= workPerCopy * this.#copyMs;
  }

  /** Counts work whose repetition a newer copy would save. */
  addWork(ms: number): void {
    this.#workMs += ms;
  }

  /** Copies the tensors as they are; only while no worker runs. */
  take(): void {
    const startedMs = this.#now();
    const views = this.#tensors.map(bytesOf);
    this.#bytes ??= new Uint8Array(views.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const view of views) {
      this.#bytes.set(view, at);
      at += view.length;
    }
    this.#taken = true;
    this.#copyMs = this.#now() - startedMs;
    this.#workMs = 0;
  }

  /** Puts the copied values back; only while no worker runs. There must be a copy. */
  restore(): void {
    let at = 0;
    for (const view of this.#tensors.map(bytesOf)) {
      view.set(this.#bytes!.subarray(at, at + view.length));
      at += view.length;
    }
  }

  /** The values were changed by other means than the work that is counted: the copy is of no use any more. */
  forget(): void {
    this.#taken = false;
  }
}

function bytesOf({ data }: Tensor<DType>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

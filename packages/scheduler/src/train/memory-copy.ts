/** A copy of tensors in ordinary memory, to put them back after a worker was lost in the middle of changing them. */
import type { DType, Tensor } from '@lockstep/core';

/** Work between two copies costs at least this many times what a copy does: copies take less than 1 % of the time. */
const workPerCopy = 100;

export class MemoryCopy {
  readonly #tensors: readonly Tensor<DType>[];
  readonly #now: () => number;
  #bytes: Uint8Array | undefined;
  /** When each tensor was last written by something other than programs, as it was at the copy. */
  #written: readonly number[] = [];
  #copyMs = 0;
  #workMs = 0;

  /** `now`: a clock in ms. */
  constructor(tensors: readonly Tensor<DType>[], now: () => number = () => performance.now()) {
    this.#tensors = tensors;
    this.#now = now;
  }

  /** There is one, and since then nothing but the work has written the tensors. */
  get valid(): boolean {
    return this.#bytes !== undefined && this.#tensors.every((tensor, i) => writtenAt(tensor) === this.#written[i]);
  }

  /** There is no valid one, or so much work was done since the last that another is cheap beside it. */
  get due(): boolean {
    return !this.valid || this.#workMs >= workPerCopy * this.#copyMs;
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
    this.#written = this.#tensors.map(writtenAt);
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
}

/** Methods of tensors note that they write, programs do not. */
function writtenAt({ node }: Tensor<DType>): number {
  return node.storage!.version.written;
}

function bytesOf({ data }: Tensor<DType>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

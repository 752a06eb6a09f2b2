/** Stands for the arena where only the size of a program is wanted: nothing is allocated, and the program cannot run. */
import type { Allocator, Block } from './arena.ts';

export class ByteCounter implements Allocator {
  /** Bytes asked for so far. */
  bytes = 0;

  allocate(bytes: number): Block {
    const block = { offsetBytes: this.bytes, bytes };
    this.bytes += bytes;
    return block;
  }

  write(): void {}
}

/** Stands for the arena where only the size of a program is wanted: nothing is allocated, and the program cannot run. */
import { type Allocator, type Block, blockSize } from './arena.ts';

export class ByteCounter implements Allocator {
  /** Bytes asked for so far. */
  bytes = 0;

  allocate(bytes: number): Block {
    const block = { offsetBytes: this.bytes, bytes: blockSize(bytes) };
    this.bytes += block.bytes;
    return block;
  }

  write(): void {}
}

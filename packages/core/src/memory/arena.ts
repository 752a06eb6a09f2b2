/**
 * The one shared WebAssembly.Memory that holds every tensor, and its allocator.
 *
 * Offsets never move: growing a shared memory keeps old views valid, so a `.data` view and a program's pointers stay good for
 * the life of their block. Blocks are multiples of 64 bytes (a cache line: two workers never write the same line of two blocks).
 */
import { compileKernels, instantiateKernels, type Kernels } from '@lockstep/kernels';
import { OutOfMemoryError } from '../errors.ts';

const pageBytes = 65536;
const blockBytes = 64;
/** Kernels may read a little past a row's end: the last bytes of the memory are never handed out. */
const marginBytes = 4096;
/** Address 0 is the null pointer: the first bytes are never handed out. */
const firstOffset = 1024;

export interface Block {
  readonly offsetBytes: number;
  readonly bytes: number;
}

/** The size of the block that holds so many bytes. */
export function blockSize(bytes: number): number {
  return Math.max(blockBytes, Math.ceil(bytes / blockBytes) * blockBytes);
}

/** What programs are compiled into: an arena, or a count of the bytes. */
export interface Allocator {
  /** A block of at least `bytes` bytes; its content is undefined. */
  allocate(bytes: number): Block;
  /** Fills a block from its beginning. */
  write(block: Block, bytes: Uint8Array): void;
}

export interface ArenaOptions {
  /** Upper limit of the memory in bytes; address space is reserved for it, pages are taken as needed. Default 4 GiB. */
  readonly maximumBytes?: number;
}

export class Arena implements Allocator {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  /** The kernels of this thread. */
  readonly kernels: Kernels;
  /** Free blocks by ascending offset; neighbours are merged. */
  readonly #free: { offsetBytes: number; bytes: number }[] = [];
  #top = firstOffset;
  #usedBytes = 0;
  readonly #maximumBytes: number;
  readonly #collected: FinalizationRegistry<Block>;

  constructor(options: ArenaOptions = {}) {
    const wanted = Math.min(options.maximumBytes ?? 2 ** 32, 2 ** 32);
    this.memory = reserve(wanted);
    this.#maximumBytes = wanted;
    this.module = compileKernels();
    this.kernels = instantiateKernels(this.module, this.memory);
    this.#collected = new FinalizationRegistry((block) => this.free(block));
  }

  /** Bytes that can be handed out at most. */
  get maximumBytes(): number {
    return this.#maximumBytes - firstOffset - marginBytes;
  }

  /** Bytes handed out now. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A block of at least `bytes` bytes; its content is undefined. First fit, so that memory is re-used while it is warm. */
  allocate(bytes: number): Block {
    const size = blockSize(bytes);
    this.#usedBytes += size;
    const index = this.#free.findIndex((hole) => hole.bytes >= size);
    if (index >= 0) {
      const hole = this.#free[index]!;
      const block = { offsetBytes: hole.offsetBytes, bytes: size };
      hole.offsetBytes += size;
      hole.bytes -= size;
      if (hole.bytes === 0) this.#free.splice(index, 1);
      return block;
    }
    const offsetBytes = this.#top;
    this.#growTo(offsetBytes + size + marginBytes, size);
    this.#top += size;
    return { offsetBytes, bytes: size };
  }

  /** Gives a block back. The caller must hold the only reference to it. */
  free(block: Block): void {
    let at = this.#free.findIndex((hole) => hole.offsetBytes > block.offsetBytes);
    if (at < 0) at = this.#free.length;
    const [before, after] = [this.#free[at - 1], this.#free[at]];
    const end = block.offsetBytes + block.bytes;
    if ((before && before.offsetBytes + before.bytes > block.offsetBytes) || (after && after.offsetBytes < end))
      throw new RangeError(`free: the block at ${block.offsetBytes} is free already`);
    this.#usedBytes -= block.bytes;
    this.#free.splice(at, 0, { ...block });
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
  }

  /** Frees `block` once `owner` has been garbage-collected. */
  freeWith(owner: object, block: Block): void {
    this.#collected.register(owner, block);
  }

  write(block: Block, bytes: Uint8Array): void {
    new Uint8Array(this.memory.buffer).set(bytes, block.offsetBytes);
  }

  /** Zeroes the bytes of a block. */
  clear(block: Block): void {
    new Uint8Array(this.memory.buffer, block.offsetBytes, block.bytes).fill(0);
  }

  #merge(at: number): void {
    const hole = this.#free[at];
    const next = this.#free[at + 1];
    if (hole && next && hole.offsetBytes + hole.bytes === next.offsetBytes) {
      hole.bytes += next.bytes;
      this.#free.splice(at + 1, 1);
    }
  }

  #growTo(endBytes: number, askedBytes: number): void {
    const have = this.memory.buffer.byteLength;
    if (endBytes <= have) return;
    // A quarter more than needed, so that many small tensors do not grow the memory one page at a time.
    const roomy = Math.min(this.#maximumBytes, endBytes + Math.min(endBytes >>> 2, 2 ** 26));
    const pages = Math.ceil(Math.max(endBytes, roomy) / pageBytes) - have / pageBytes;
    try {
      this.memory.grow(pages);
    } catch {
      this.#usedBytes -= askedBytes;
      throw new OutOfMemoryError(
        `the shared memory cannot grow to ${Math.ceil(endBytes / 2 ** 20)} MiB (${askedBytes} bytes asked, limit ${this.#maximumBytes / 2 ** 20} MiB); use a smaller batch or data set`,
      );
    }
  }
}

/** Reserves the largest shared memory the platform allows, up to `bytes`. */
function reserve(bytes: number): WebAssembly.Memory {
  for (let maximum = Math.ceil(bytes / pageBytes); ; maximum = Math.ceil(maximum / 2)) {
    try {
      return new WebAssembly.Memory({ initial: Math.min(16, maximum), maximum, shared: true });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}

let shared: Arena | undefined;

/** The arena of this thread, made on first use: every tensor that is created without another one lives in it. */
export function defaultArena(): Arena {
  shared ??= new Arena();
  return shared;
}

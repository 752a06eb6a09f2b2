/** Counts what is asked of array buffers, also where the engine refuses it. To be installed before the code that is measured is loaded. */

const names = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

export interface AllocationCounter {
  /** Of the largest block since the last call, in bytes; and what is held more than then. */
  take(): { largest: number; held: number };
}

export function countAllocations(): AllocationCounter {
  let largest = 0;
  let before = process.memoryUsage().arrayBuffers;
  for (const name of names) {
    const original = globalThis[name] as unknown as new (...args: unknown[]) => { byteLength: number };
    const unit = (original as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const counting: typeof original = new Proxy(original, {
      construct(target, args: unknown[], newTarget): { byteLength: number } {
        if (typeof args[0] === 'number') largest = Math.max(largest, args[0] * unit);
        const made: { byteLength: number } = Reflect.construct(
          target,
          args,
          newTarget === counting ? target : newTarget,
        );
        // A view takes nothing.
        if (typeof args[0] === 'object' && !isBuffer(args[0])) largest = Math.max(largest, made.byteLength);
        return made;
      },
    });
    Object.defineProperty(globalThis, name, { value: counting, writable: true, configurable: true });
  }
  return {
    take() {
      const now = process.memoryUsage().arrayBuffers;
      const taken = { largest, held: Math.max(0, now - before) };
      largest = 0;
      before = now;
      return taken;
    },
  };
}

function isBuffer(value: unknown): boolean {
  const kind = Object.prototype.toString.call(value);
  return kind === '[object ArrayBuffer]' || kind === '[object SharedArrayBuffer]';
}

/** Third pass: places values whose lifetimes do not overlap on the same bytes. Used for the arena (by phases) and for scratch (by ops). */

export interface Lifetime {
  readonly bytes: number;
  /** First and last moment (a phase or an op) at which the bytes are in use, inclusive. */
  readonly from: number;
  readonly to: number;
}

const alignment = 64;

/** An offset for each lifetime such that no two that overlap in time overlap in memory; large ones first, each as low as it fits. */
export function planMemory(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const placed: number[] = [];
  let bytes = 0;
  for (const index of order) {
    const own = lifetimes[index]!;
    const neighbours = placed
      .filter((other) => lifetimes[other]!.from <= own.to && own.from <= lifetimes[other]!.to)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + own.bytes <= offsets[other]!) break;
      offset = Math.max(offset, alignUp(offsets[other]! + lifetimes[other]!.bytes));
    }
    offsets[index] = offset;
    placed.push(index);
    bytes = Math.max(bytes, alignUp(offset + own.bytes));
  }
  return { offsets, bytes };
}

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Runs the tasks of a program: links its words to one worker's kernels and scratch, then makes the calls. */
import { type Kernels, kernelNames } from '@lockstep/kernels';
import type { Program } from '../compile/program.ts';

type Kernel = (...args: number[]) => void;

/** The words with scratch addresses filled in. */
export function link(program: Pick<Program, 'words' | 'relocations'>, scratchBase: number): Int32Array {
  const words = program.words.slice();
  for (const at of program.relocations) words[at] = words[at]! + scratchBase;
  return words;
}

/** The kernels by number. */
export function kernelTable(kernels: Kernels): readonly Kernel[] {
  return kernelNames.map((name) => kernels[name] as Kernel);
}

/** Makes the calls of words [from, to). No allocation: arguments are small integers read one by one. */
export function runTask(table: readonly Kernel[], w: Int32Array, from: number, to: number): void {
  let i = from;
  while (i < to) {
    const kernel = table[w[i]!]!;
    const count = w[i + 1]!;
    i += 2;
    // One call shape per count: spreading an array would allocate on the hot path.
    switch (count) {
      case 3:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!);
        break;
      case 4:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!);
        break;
      case 5:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!);
        break;
      case 6:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!);
        break;
      case 7:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!);
        break;
      case 8:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!);
        break;
      case 9:
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!);
        break;
      case 10:
        kernel(
          w[i]!,
          w[i + 1]!,
          w[i + 2]!,
          w[i + 3]!,
          w[i + 4]!,
          w[i + 5]!,
          w[i + 6]!,
          w[i + 7]!,
          w[i + 8]!,
          w[i + 9]!,
        );
        break;
      case 11:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!);
        break;
      case 13:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!);
        break;
      case 15:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!, w[i + 14]!);
        break;
      case 14:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!);
        break;
      case 16:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!, w[i + 14]!, w[i + 15]!);
        break;
      case 17:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!, w[i + 14]!, w[i + 15]!, w[i + 16]!);
        break;
      case 18:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!, w[i + 14]!, w[i + 15]!, w[i + 16]!, w[i + 17]!);
        break;
      case 19:
        // biome-ignore format: one line a call shape
        kernel(w[i]!, w[i + 1]!, w[i + 2]!, w[i + 3]!, w[i + 4]!, w[i + 5]!, w[i + 6]!, w[i + 7]!, w[i + 8]!, w[i + 9]!, w[i + 10]!, w[i + 11]!, w[i + 12]!, w[i + 13]!, w[i + 14]!, w[i + 15]!, w[i + 16]!, w[i + 17]!, w[i + 18]!);
        break;
      default:
        kernel(...w.subarray(i, i + count));
    }
    i += count;
  }
}

/** Runs phases in the calling thread, task after task. */
export function runPhases(
  phases: readonly { readonly bounds: Int32Array }[],
  table: readonly Kernel[],
  words: Int32Array,
): void {
  for (const { bounds } of phases) {
    for (let task = 0; task < bounds.length; task += 2) runTask(table, words, bounds[task]!, bounds[task + 1]!);
  }
}

/** Label bytes as files hold them → Int32 class indices on shared memory, each checked against the classes. */
import { DataError } from './data-error.ts';
import { type AllocateBytes, allocateInt32 } from './storage.ts';

export interface LabelOptions {
  readonly where: string;
  readonly classCount: number;
  readonly allocate: AllocateBytes;
}

/** labels: array [N] of class numbers → Int32Array [N]; a DataError names the first index that is no class. */
export function checkedLabels(labels: ArrayLike<number>, { where, classCount, allocate }: LabelOptions): Int32Array {
  for (let i = 0; i < labels.length; i++) requireLabel(labels[i]!, { where, index: i, classCount });
  const out = allocateInt32(allocate, labels.length);
  out.set(labels);
  return out;
}

/** Throws a DataError naming `index` unless `label` is a whole number in 0…classCount − 1. */
export function requireLabel(label: number, at: { where: string; index: number; classCount: number }): void {
  if (Number.isInteger(label) && label >= 0 && label < at.classCount) return;
  throw new DataError({
    where: at.where,
    expected: `labels that are whole numbers from 0 to ${at.classCount - 1}`,
    got: `${label} at index ${at.index}`,
    hint: 'Correct that label, or check that the file belongs to this dataset.',
  });
}

/** What metrics ask of their arguments. */
import { ShapeError, type Tensor } from '@lockstep/core';

/** Class probabilities [N, C] and the right class of each. */
export interface ScoredClasses {
  readonly probabilities: Tensor;
  readonly labels: ArrayLike<number>;
}

/** N and C. ShapeError unless there is a label for each of at least one row; RangeError for a label that is no class. */
export function checkClasses(
  where: string,
  { probabilities, labels }: ScoredClasses,
): { count: number; classes: number } {
  const [count, classes] = probabilities.shape;
  if (probabilities.rank !== 2 || !count || !classes || labels.length !== count) {
    throw new ShapeError(
      `${where}: expected probabilities [N, C] and N labels, N ≥ 1, got shape [${probabilities.shape.join(', ')}] and ${labels.length} labels`,
    );
  }
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new RangeError(`${where}: expected labels from 0 to ${classes - 1}, got ${label} at index ${i}`);
  }
  return { count, classes };
}

/** Whether a model's output is what the loss of a classifier takes. */
import { ShapeError, type Tensor } from '@lockstep/core';

/** output: traced on one sample, must be class scores [1, classes]. */
export function checkOutput(output: Tensor, classes: number): void {
  const { shape } = output;
  if (shape.length === 2 && shape[0] === 1 && shape[1] === classes) return;
  const got = shape[0] === 1 ? ['B', ...shape.slice(1)] : [...shape];
  throw new ShapeError(
    `model: expected an output of shape [B, ${classes}], one score for each class, got [${got.join(', ')}]. Change the last layer.`,
  );
}

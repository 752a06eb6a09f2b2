/** Whether a model's output is what the loss of a classifier takes. */
import { ShapeError, type Tensor } from '@lockstep/core';
import { tracedSamples } from './trace-layers.ts';

/** output: from `traceLayers`, must be class scores [samples, classes]. */
export function checkOutput(output: Tensor, classes: number): void {
  const { shape } = output;
  if (shape.length === 2 && shape[0] === tracedSamples && shape[1] === classes) return;
  const got = shape[0] === tracedSamples ? ['B', ...shape.slice(1)] : [...shape];
  throw new ShapeError(
    `model: expected an output of shape [B, ${classes}], one score for each class, got [${got.join(', ')}]. Change the last layer.`,
  );
}

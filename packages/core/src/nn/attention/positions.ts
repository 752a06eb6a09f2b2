/** Positional encodings. */
import { expm1 } from '../../math/expm1.ts';
import { sinCos } from '../../math/trigonometry.ts';
import { empty } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** ln 10000. */
const logBase = 9.210340371976184;

/**
 * The encoding of positions by sines (Vaswani et al. 2017), [length, dim], to be added to rows [B, length, dim]: row t holds
 * sin(t / 10000^(2i/dim)) at 2i and cos of the same at 2i + 1. The same bits in every engine.
 * @throws RangeError for extents that are no whole numbers of at least 1, and lengths above 10⁶.
 */
export function sinusoidalPositions(length: number, dim: number): Tensor {
  for (const [name, value] of Object.entries({ length, dim })) {
    if (!Number.isInteger(value) || value < 1 || value > 1e6)
      throw new RangeError(`sinusoidalPositions: ${name} must be an integer in [1, 10⁶], got ${value}`);
  }
  const result = empty([length, dim]);
  const { data } = result;
  for (let j = 0; j < dim; j++) {
    const frequency = 1 / (1 + expm1(((j - (j % 2)) / dim) * logBase));
    for (let t = 0; t < length; t++) data[t * dim + j] = sinCos(t * frequency)[j % 2]!;
  }
  return result;
}

/** Numerical derivatives by central differences, to check analytic gradients. */

export interface FiniteDifferenceOptions {
  /** The step to either side. Default 1e-3, which suits float32 functions; 1e-6 suits float64. */
  readonly eps?: number;
  /** Only these elements are probed (the result has one entry for each); default: all. */
  readonly indices?: ArrayLike<number>;
}

/**
 * The gradient of the scalar function `f` at `x`: (f(x + h) − f(x − h)) / 2h for one element at a time.
 * The divisor is the step that the array's number type really took. `x` itself is not changed.
 */
export function finiteDifference<A extends Float32Array | Float64Array | number[]>(
  f: (x: A) => number,
  x: A,
  options: FiniteDifferenceOptions = {},
): Float64Array {
  const { eps = 1e-3, indices } = options;
  const probe = x.slice() as A;
  const count = indices ? indices.length : x.length;
  const gradient = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const i = indices ? indices[k]! : k;
    const centre = x[i];
    if (centre === undefined) throw new RangeError(`index ${i} is outside the ${x.length} elements`);
    probe[i] = centre + eps;
    const above = probe[i]!;
    const high = f(probe);
    probe[i] = centre - eps;
    const below = probe[i]!;
    const low = f(probe);
    probe[i] = centre;
    if (above === below) throw new RangeError(`eps ${eps} vanishes next to ${centre} at index ${i}`);
    gradient[k] = (high - low) / (above - below);
  }
  return gradient;
}

/** Comparison of arrays of numbers within a tolerance, with messages that name the worst element. */

export interface CloseOptions {
  /** The largest relative error that passes. Default 1e-5. */
  readonly tolerance?: number;
  /** Added to |expected| in the denominator: the size below which errors count as absolute. Default 1. */
  readonly scale?: number;
  /** Names the compared values in the message. */
  readonly label?: string;
}

export interface Closeness {
  readonly close: boolean;
  /** max |actual - expected| / (|expected| + scale). */
  readonly error: number;
  /** Where that error is; -1 for empty arrays, arrays of different length and arrays without any error. */
  readonly index: number;
  readonly message: string;
}

/** Compares element by element; never throws. Equal infinities and two NaNs count as equal. */
export function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, options: CloseOptions = {}): Closeness {
  const { tolerance = 1e-5, scale = 1, label = 'values' } = options;
  if (actual.length !== expected.length) {
    const message = `${label}: expected ${expected.length} elements, got ${actual.length}`;
    return { close: false, error: Number.POSITIVE_INFINITY, index: -1, message };
  }
  let error = 0;
  let index = -1;
  let failures = 0;
  for (let i = 0; i < expected.length; i++) {
    const here = elementError(actual[i]!, expected[i]!, scale);
    if (here > tolerance) failures++;
    if (here > error) {
      error = here;
      index = i;
    }
  }
  if (failures === 0) return { close: true, error, index, message: `${label}: relative error ${error}` };
  const message =
    `${label}: relative error ${error.toExponential(3)} exceeds ${tolerance} ` +
    `at ${failures} of ${expected.length} elements; ` +
    `worst index ${index}: expected ${expected[index]}, got ${actual[index]}`;
  return { close: false, error, index, message };
}

/** Throws with the message of `closeTo` unless all elements are close. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, options: CloseOptions = {}): void {
  const { close, message } = closeTo(actual, expected, options);
  if (!close) throw new Error(message);
}

/** ‖actual − expected‖ / ‖expected‖ in the Euclidean norm: 0 for equal arrays, Infinity against all zeros. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`expected ${expected.length} elements, got ${actual.length}`);
  }
  let difference = 0;
  let reference = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    reference += expected[i]! ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference) / Math.sqrt(reference);
}

/** The Euclidean norm, accumulated in float64. */
export function l2Norm(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}

function elementError(actual: number, expected: number, scale: number): number {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return 0;
  const error = Math.abs(actual - expected) / (Math.abs(expected) + scale);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

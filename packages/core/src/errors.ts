/** Typed errors of the public edges: each says where, what was expected, what came, and what to do next. */

/** A shape that does not fit. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** A tensor used in a way its state does not allow, such as reading a value that exists only while tracing. */
export class TensorStateError extends Error {
  override readonly name = 'TensorStateError';
}

/** Bytes that are not what their format promises. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** The shared memory cannot grow any further. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** Text of a file for an error: no longer than a line or two hold. */
export function shortened(text: string, characters = 80): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}

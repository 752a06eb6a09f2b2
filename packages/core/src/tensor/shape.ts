/** Shape arithmetic: sizes, strides, broadcasting and the normalisation of axes. Pure functions on arrays of integers. */
import { ShapeError } from '../errors.ts';

export type Shape = readonly number[];

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The extent of the last axis; the shape has one. */
export function lastOf(shape: Shape): number {
  return shape[shape.length - 1]!;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** The shape that two shapes broadcast to, by NumPy's rule. */
export function broadcastShapes(a: Shape, b: Shape, where: string): number[] {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${where}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: axis ${rank - i} has ${x} and ${y}; make them equal, or one of them 1`,
      );
    }
    result[rank - i] = x === 1 ? y : x;
  }
  return result;
}

/** Strides (elements) that read `from` as if it had the shape `to`; 0 along broadcast axes. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  return to.map((_, axis) => {
    const source = axis - (to.length - from.length);
    return source < 0 || from[source] === 1 ? 0 : own[source]!;
  });
}

/** An axis counted from the end when negative, checked against the rank. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw new RangeError(
      `${where}: axis ${axis} does not exist in a tensor of rank ${rank}; use ${-rank} to ${rank - 1}`,
    );
  }
  return result;
}

export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, where: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const result = [...new Set(list.map((axis) => normalizeAxis(axis, rank, where)))].sort((a, b) => a - b);
  if (result.length !== list.length) throw new RangeError(`${where}: axes [${list.join(', ')}] name an axis twice`);
  return result;
}

export function checkShape(shape: Shape, where: string): void {
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new ShapeError(`${where}: a shape holds whole numbers of at least 0, got ${formatShape(shape)}`);
    }
  }
}

/** Replaces one −1 by what makes the sizes agree. */
export function resolveReshape(size: number, wanted: Shape, where: string): number[] {
  const holes = wanted.filter((extent) => extent === -1).length;
  const known = wanted.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const result = wanted.map((extent) => (extent === -1 ? size / known : extent));
  checkShape(holes === 1 && known !== 0 && size % known === 0 ? result : wanted.map((e) => (e === -1 ? 0 : e)), where);
  if (holes > 1 || sizeOf(result) !== size || !result.every(Number.isInteger)) {
    throw new ShapeError(
      `${where}: ${size} elements do not fit the shape ${formatShape(wanted)}; at most one extent may be -1`,
    );
  }
  return result;
}

/** RangeError unless `count` is a whole number of at least `least`. */
export function checkCount(count: number, least: number, what: string): void {
  if (!Number.isSafeInteger(count) || count < least)
    throw new RangeError(`${what} must be an integer ≥ ${least}, got ${count}`);
}

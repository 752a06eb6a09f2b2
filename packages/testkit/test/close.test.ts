/** Comparisons pass and fail where they should and name the worst element. */
import { describe, expect, it } from 'vitest';
import { bitsEqual, closeTo, expectBitsEqual, expectClose, l2Norm, relativeError } from '../src/index.ts';

describe('closeTo', () => {
  it('finds the worst element', () => {
    const result = closeTo([1, 2.2, 3.1], [1, 2, 3], { tolerance: 0.01, scale: 0 });
    expect(result).toMatchObject({ close: false, index: 1 });
    expect(result.error).toBeCloseTo(0.1, 10);
    expect(() => expectClose([1, 2.2], [1, 2], { label: 'weights' })).toThrow(
      /weights.*worst index 1: expected 2, got 2.2/,
    );
  });

  it('accepts errors up to the tolerance, absolute ones below the scale', () => {
    expect(closeTo([1e-7], [0], { tolerance: 1e-6 }).close).toBe(true);
    expect(closeTo([1e-7], [0], { tolerance: 1e-6, scale: 0 }).close).toBe(false);
    expect(closeTo([0], [0], { scale: 0 })).toMatchObject({ close: true, error: 0, index: -1 });
    expectClose([], []);
  });

  it('does not let NaN, infinities or a wrong length pass', () => {
    expect(closeTo([Number.NaN], [1]).close).toBe(false);
    expect(closeTo([1], [Number.NaN]).close).toBe(false);
    expect(closeTo([Infinity], [-Infinity]).close).toBe(false);
    expect(closeTo([1], [Infinity]).close).toBe(false);
    expect(closeTo([Infinity, Number.NaN], [Infinity, Number.NaN]).close).toBe(true);
    expect(closeTo([1, 2], [1]).message).toBe('values: expected 1 elements, got 2');
  });
});

describe('relativeError', () => {
  it('is the ratio of norms', () => {
    expect(l2Norm([3, 4])).toBe(5);
    expect(relativeError([3, 4.5], [3, 4])).toBeCloseTo(0.1, 12);
    expect(relativeError([0], [0])).toBe(0);
    expect(relativeError([1], [0])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError([Number.NaN], [1])).toBeNaN();
    expect(() => relativeError([1], [1, 2])).toThrow(RangeError);
  });
});

describe('bitsEqual', () => {
  it('gives the first index whose bits differ', () => {
    expect(bitsEqual(new Float32Array([1, Number.NaN]), new Float32Array([1, Number.NaN]))).toBe(-1);
    expect(bitsEqual(new Float32Array([1, 0, 2]), new Float32Array([1, -0, 3]))).toBe(1);
    expect(bitsEqual(new Float32Array([1, 2]), new Float32Array([1, 2, 3]))).toBe(2);
    expect(bitsEqual(new Int32Array([7, 8]).subarray(1), new Int32Array([8]))).toBe(-1);
    expect(() => bitsEqual<Float32Array | Int32Array>(new Float32Array(1), new Int32Array(1))).toThrow(TypeError);
  });

  it('shows the difference', () => {
    const [zero, negative] = [new Float32Array([0]), new Float32Array([-0])];
    expect(() => expectBitsEqual(zero, negative)).toThrow('index 0: expected -0 (0x80000000), got 0 (0x00000000)');
    expect(() => expectBitsEqual(new Float32Array(1), new Float32Array(2))).toThrow('got nothing; lengths 1 and 2');
    expectBitsEqual(zero, zero.slice());
  });
});

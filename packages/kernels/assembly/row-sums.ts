// Sums over a row of floats in eight interleaved f64 sums: element i belongs to s of i mod 8, and the total is
// ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)). Lanes past the end of the row are cleared before they are added.

/** Clears the lanes of the elements `first` and `first + 1` that are not below `count`. */
// @ts-ignore: decorator
@inline
export function keepBelow(v: v128, first: i32, count: i32): v128 {
  const position = f64x2.add(f64x2.splat(<f64>first), f64x2(0, 1));
  return v128.and(v, f64x2.lt(position, f64x2.splat(<f64>count)));
}

/** The total of the sums (s0, s1), (s2, s3), (s4, s5), (s6, s7). */
// @ts-ignore: decorator
@inline
export function totalOf(a: v128, b: v128, c: v128, d: v128): f64 {
  const both = f64x2.add(f64x2.add(a, c), f64x2.add(b, d));
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}

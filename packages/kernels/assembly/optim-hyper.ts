// What the optimizer kernels share: their hyper-parameter words, and weight decay that is added to the gradient.

/** Word `index` of the hyper-parameters. */
// @ts-ignore: decorator
@inline
export function hyperWord(hyper: usize, index: i32): f32 {
  return load<f32>(hyper + (<usize>index << 2));
}

/** Word `index` in every lane. */
// @ts-ignore: decorator
@inline
export function hyperLanes(hyper: usize, index: i32): v128 {
  return f32x4.splat(hyperWord(hyper, index));
}

/** g + decay·w; a decay of 0 leaves g untouched (0 · w is never added), as in PyTorch. */
// @ts-ignore: decorator
@inline
export function decayed(g: v128, w: v128, decay: f32): v128 {
  return decay != 0 ? f32x4.add(g, f32x4.mul(f32x4.splat(decay), w)) : g;
}

/** a·x + b·y. */
// @ts-ignore: decorator
@inline
export function blend(a: v128, x: v128, b: v128, y: v128): v128 {
  return f32x4.add(f32x4.mul(a, x), f32x4.mul(b, y));
}

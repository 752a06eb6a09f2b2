// The words of a pooling geometry: H, W, C, OH, OW, kH, kW, sH, sW, pH, pW, dH, dW (i32 each).

// @ts-ignore: decorator
@inline
export function word(geometry: usize, index: i32): i32 {
  return load<i32>(geometry + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
export function inputFloats(g: usize): usize {
  return <usize>(word(g, 0) * word(g, 1)) * <usize>word(g, 2);
}

// Running sums and products over rows of n contiguous floats, `=`, in f64, rounded once for each element.

export function cumulativeSum(x: usize, out: usize, rows: i32, n: i32, backwards: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let sum: f64 = 0;
    for (let i = 0; i < n; i++) {
      const at = <usize>(backwards ? n - 1 - i : i) << 2;
      sum += <f64>load<f32>(x + at);
      store<f32>(out + at, <f32>sum);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

export function cumulativeProduct(x: usize, out: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let product: f64 = 1;
    for (let i: usize = 0; i < rowBytes; i += 4) {
      product *= <f64>load<f32>(x + i);
      store<f32>(out + i, <f32>product);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

export function cumulativeProductGrad(dy: usize, x: usize, dx: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let behind: f64 = 0;
    for (let i = n - 1; i >= 0; i--) {
      const at = <usize>i << 2;
      behind += <f64>load<f32>(dy + at);
      store<f32>(dx + at, <f32>behind);
      behind *= <f64>load<f32>(x + at);
    }
    let before: f64 = 1;
    for (let i: usize = 0; i < rowBytes; i += 4) {
      store<f32>(dx + i, <f32>(before * <f64>load<f32>(dx + i)));
      before *= <f64>load<f32>(x + i);
    }
    dy += rowBytes;
    x += rowBytes;
    dx += rowBytes;
  }
}

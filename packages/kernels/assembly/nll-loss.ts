// Negative log-likelihood of i32 targets under rows of n log-probabilities, `=`. weight = 0 (null): all classes weigh 1.

/** The weight of a target's class: 0 where it is ignored, NaN where there is no such class. */
// @ts-ignore: decorator
@inline
function weightOf(target: i32, weight: usize, n: i32, ignored: i32): f32 {
  if (target == ignored) return 0;
  if (<u32>target >= <u32>n) return f32.NaN;
  return weight ? load<f32>(weight + (<usize>target << 2)) : 1;
}

export function targetWeights(targets: usize, weight: usize, out: usize, rows: i32, n: i32, ignored: i32): void {
  for (let r: usize = 0; r < <usize>rows << 2; r += 4) {
    store<f32>(out + r, weightOf(load<i32>(targets + r), weight, n, ignored));
  }
}

export function nllLoss(x: usize, targets: usize, weight: usize, loss: usize, rows: i32, n: i32, ignored: i32): void {
  for (let r: usize = 0; r < <usize>rows << 2; r += 4) {
    const target = load<i32>(targets + r);
    let value: f32 = 0;
    if (target != ignored) {
      const known = <u32>target < <u32>n;
      value = known ? -(weightOf(target, weight, n, ignored) * load<f32>(x + (<usize>target << 2))) : f32.NaN;
    }
    store<f32>(loss + r, value);
    x += <usize>n << 2;
  }
}

export function nllLossGrad(
  dloss: usize, targets: usize, weight: usize, dx: usize, rows: i32, n: i32, ignored: i32,
): void {
  memory.fill(dx, 0, (<usize>rows * <usize>n) << 2);
  for (let r: usize = 0; r < <usize>rows << 2; r += 4) {
    const target = load<i32>(targets + r);
    if (target != ignored && <u32>target < <u32>n) {
      store<f32>(dx + (<usize>target << 2), -(weightOf(target, weight, n, ignored) * load<f32>(dloss + r)));
    }
    dx += <usize>n << 2;
  }
}

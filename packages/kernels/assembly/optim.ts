// Optimizer steps, in place on w, m, v (`w −= …`); g is read only. `hyper`: f32 words, listed in `src/signatures.ts`.
// Everything is f32. A weight decay of 0 leaves g untouched (0 · w is never added), as in PyTorch.
import { storeLanes } from './lanes';
import { hyperWord } from './optim-hyper';

export function sgd(w: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  const lr = f32x4.splat(hyperWord(hyper, 0));
  const momentum = f32x4.splat(hyperWord(hyper, 1));
  const fresh = f32x4.splat(hyperWord(hyper, 2));
  const decay = f32x4.splat(hyperWord(hyper, 3));
  const hasDecay = hyperWord(hyper, 3) != 0, hasMomentum = hyperWord(hyper, 1) != 0;
  const nesterov = hyperWord(hyper, 4) != 0, first = hyperWord(hyper, 5) != 0;
  let done = 0;
  // The usual case without a branch inside, eight at a time for the revectorizer: same operations, same order.
  if (hasMomentum && !hasDecay && !nesterov && !first) {
    for (; done + 8 <= n; done += 8) {
      const at = <usize>done << 2;
      const v0 = f32x4.add(f32x4.mul(momentum, v128.load(m + at)), f32x4.mul(fresh, v128.load(g + at)));
      const v1 = f32x4.add(f32x4.mul(momentum, v128.load(m + at, 16)), f32x4.mul(fresh, v128.load(g + at, 16)));
      const w0 = f32x4.sub(v128.load(w + at), f32x4.mul(lr, v0));
      const w1 = f32x4.sub(v128.load(w + at, 16), f32x4.mul(lr, v1));
      v128.store(m + at, v0);
      v128.store(m + at, v1, 16);
      v128.store(w + at, w0);
      v128.store(w + at, w1, 16);
    }
  }
  for (let i = done; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at);
    let grad = v128.load(g + at);
    if (hasDecay) grad = f32x4.add(grad, f32x4.mul(decay, weight));
    if (hasMomentum) {
      let velocity = grad;
      if (!first) velocity = f32x4.add(f32x4.mul(momentum, v128.load(m + at)), f32x4.mul(fresh, grad));
      storeLanes(m + at, velocity, n - i);
      grad = nesterov ? f32x4.add(grad, f32x4.mul(momentum, velocity)) : velocity;
    }
    storeLanes(w + at, f32x4.sub(weight, f32x4.mul(lr, grad)), n - i);
  }
}

export function adam(w: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  const stepSize = f32x4.splat(hyperWord(hyper, 0)), fresh1 = f32x4.splat(hyperWord(hyper, 1));
  const beta2 = f32x4.splat(hyperWord(hyper, 2)), fresh2 = f32x4.splat(hyperWord(hyper, 3));
  const eps = f32x4.splat(hyperWord(hyper, 4)), decay = f32x4.splat(hyperWord(hyper, 5));
  const kept = f32x4.splat(hyperWord(hyper, 6)), rootCorrection = f32x4.splat(hyperWord(hyper, 7));
  const hasDecay = hyperWord(hyper, 5) != 0;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    let weight = v128.load(w + at);
    let grad = v128.load(g + at);
    if (hasDecay) grad = f32x4.add(grad, f32x4.mul(decay, weight));
    weight = f32x4.mul(weight, kept);
    const oldMean = v128.load(m + at);
    const mean = f32x4.add(oldMean, f32x4.mul(f32x4.sub(grad, oldMean), fresh1));
    const square = f32x4.add(f32x4.mul(beta2, v128.load(v + at)), f32x4.mul(fresh2, f32x4.mul(grad, grad)));
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(square), rootCorrection), eps);
    weight = f32x4.sub(weight, f32x4.div(f32x4.mul(stepSize, mean), denominator));
    storeLanes(m + at, mean, n - i);
    storeLanes(v + at, square, n - i);
    storeLanes(w + at, weight, n - i);
  }
}

export function amsgrad(w: usize, g: usize, m: usize, v: usize, most: usize, n: i32, hyper: usize): void {
  const stepSize = f32x4.splat(hyperWord(hyper, 0)), fresh1 = f32x4.splat(hyperWord(hyper, 1));
  const beta2 = f32x4.splat(hyperWord(hyper, 2)), fresh2 = f32x4.splat(hyperWord(hyper, 3));
  const eps = f32x4.splat(hyperWord(hyper, 4)), decay = f32x4.splat(hyperWord(hyper, 5));
  const kept = f32x4.splat(hyperWord(hyper, 6)), rootCorrection = f32x4.splat(hyperWord(hyper, 7));
  const hasDecay = hyperWord(hyper, 5) != 0;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    let weight = v128.load(w + at);
    let grad = v128.load(g + at);
    if (hasDecay) grad = f32x4.add(grad, f32x4.mul(decay, weight));
    weight = f32x4.mul(weight, kept);
    const oldMean = v128.load(m + at);
    const mean = f32x4.add(oldMean, f32x4.mul(f32x4.sub(grad, oldMean), fresh1));
    const square = f32x4.add(f32x4.mul(beta2, v128.load(v + at)), f32x4.mul(fresh2, f32x4.mul(grad, grad)));
    const largest = f32x4.max(v128.load(most + at), square);
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(largest), rootCorrection), eps);
    weight = f32x4.sub(weight, f32x4.div(f32x4.mul(stepSize, mean), denominator));
    storeLanes(m + at, mean, n - i);
    storeLanes(v + at, square, n - i);
    storeLanes(most + at, largest, n - i);
    storeLanes(w + at, weight, n - i);
  }
}

// Optimizer steps scaled by sums or running means of g²: RMSprop, Adagrad, Adadelta. In place on w and the state; g is read only.
import { storeLanes } from './lanes';
import { blend, decayed, hyperLanes, hyperWord } from './optim-hyper';

export function rmsprop(w: usize, g: usize, v: usize, a: usize, b: usize, n: i32, hyper: usize): void {
  const lr = hyperLanes(hyper, 0), alpha = hyperLanes(hyper, 1), fresh = hyperLanes(hyper, 2);
  const eps = hyperLanes(hyper, 3), momentum = hyperLanes(hyper, 5);
  const decay = hyperWord(hyper, 4);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const square = blend(alpha, v128.load(v + at), fresh, f32x4.mul(grad, grad));
    let spread = square;
    if (a != 0) {
      const mean = blend(alpha, v128.load(a + at), fresh, grad);
      spread = f32x4.sub(square, f32x4.mul(mean, mean));
      storeLanes(a + at, mean, n - i);
    }
    const root = f32x4.add(f32x4.sqrt(spread), eps);
    let step: v128;
    if (b != 0) {
      const velocity = f32x4.add(f32x4.mul(momentum, v128.load(b + at)), f32x4.div(grad, root));
      storeLanes(b + at, velocity, n - i);
      step = f32x4.mul(lr, velocity);
    } else step = f32x4.div(f32x4.mul(lr, grad), root);
    storeLanes(v + at, square, n - i);
    storeLanes(w + at, f32x4.sub(weight, step), n - i);
  }
}

export function adagrad(w: usize, g: usize, s: usize, n: i32, hyper: usize): void {
  const rate = hyperLanes(hyper, 0), eps = hyperLanes(hyper, 1);
  const decay = hyperWord(hyper, 2);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const sum = f32x4.add(v128.load(s + at), f32x4.mul(grad, grad));
    const step = f32x4.div(f32x4.mul(rate, grad), f32x4.add(f32x4.sqrt(sum), eps));
    storeLanes(s + at, sum, n - i);
    storeLanes(w + at, f32x4.sub(weight, step), n - i);
  }
}

export function adadelta(w: usize, g: usize, v: usize, d: usize, n: i32, hyper: usize): void {
  const lr = hyperLanes(hyper, 0), rho = hyperLanes(hyper, 1), fresh = hyperLanes(hyper, 2);
  const eps = hyperLanes(hyper, 3);
  const decay = hyperWord(hyper, 4);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at), deltas = v128.load(d + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const square = blend(rho, v128.load(v + at), fresh, f32x4.mul(grad, grad));
    const root = f32x4.sqrt(f32x4.add(square, eps));
    const delta = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(deltas, eps)), root), grad);
    storeLanes(v + at, square, n - i);
    storeLanes(d + at, blend(rho, deltas, fresh, f32x4.mul(delta, delta)), n - i);
    storeLanes(w + at, f32x4.sub(weight, f32x4.mul(lr, delta)), n - i);
  }
}

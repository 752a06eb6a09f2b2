// Optimizer steps with running means of g and of its size: NAdam, RAdam, Adamax, Lion. In place on w and the state; g is read only.
import { storeLanes } from './lanes';
import { blend, decayed, hyperLanes, hyperWord } from './optim-hyper';

export function nadam(w: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  const gradRate = hyperLanes(hyper, 0), meanRate = hyperLanes(hyper, 1);
  const beta1 = hyperLanes(hyper, 2), fresh1 = hyperLanes(hyper, 3);
  const beta2 = hyperLanes(hyper, 4), fresh2 = hyperLanes(hyper, 5);
  const eps = hyperLanes(hyper, 6), correction = hyperLanes(hyper, 8);
  const decay = hyperWord(hyper, 7);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    let weight = v128.load(w + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const mean = blend(beta1, v128.load(m + at), fresh1, grad);
    const square = blend(beta2, v128.load(v + at), fresh2, f32x4.mul(grad, grad));
    const denominator = f32x4.add(f32x4.sqrt(f32x4.div(square, correction)), eps);
    weight = f32x4.sub(weight, f32x4.div(f32x4.mul(gradRate, grad), denominator));
    weight = f32x4.sub(weight, f32x4.div(f32x4.mul(meanRate, mean), denominator));
    storeLanes(m + at, mean, n - i);
    storeLanes(v + at, square, n - i);
    storeLanes(w + at, weight, n - i);
  }
}

export function radam(w: usize, g: usize, m: usize, v: usize, n: i32, hyper: usize): void {
  const rate = hyperLanes(hyper, 0), eps = hyperLanes(hyper, 6);
  const beta1 = hyperLanes(hyper, 2), fresh1 = hyperLanes(hyper, 3);
  const beta2 = hyperLanes(hyper, 4), fresh2 = hyperLanes(hyper, 5);
  const adaptive = hyperWord(hyper, 1) != 0, decay = hyperWord(hyper, 7);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const mean = blend(beta1, v128.load(m + at), fresh1, grad);
    const square = blend(beta2, v128.load(v + at), fresh2, f32x4.mul(grad, grad));
    let step = f32x4.mul(rate, mean);
    if (adaptive) step = f32x4.div(step, f32x4.add(f32x4.sqrt(square), eps));
    storeLanes(m + at, mean, n - i);
    storeLanes(v + at, square, n - i);
    storeLanes(w + at, f32x4.sub(weight, step), n - i);
  }
}

export function adamax(w: usize, g: usize, m: usize, u: usize, n: i32, hyper: usize): void {
  const rate = hyperLanes(hyper, 0), beta1 = hyperLanes(hyper, 1), fresh1 = hyperLanes(hyper, 2);
  const beta2 = hyperLanes(hyper, 3), eps = hyperLanes(hyper, 4);
  const decay = hyperWord(hyper, 5);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = v128.load(w + at);
    const grad = decayed(v128.load(g + at), weight, decay);
    const mean = blend(beta1, v128.load(m + at), fresh1, grad);
    const norm = f32x4.max(f32x4.mul(beta2, v128.load(u + at)), f32x4.add(f32x4.abs(grad), eps));
    storeLanes(m + at, mean, n - i);
    storeLanes(u + at, norm, n - i);
    storeLanes(w + at, f32x4.sub(weight, f32x4.div(f32x4.mul(rate, mean), norm)), n - i);
  }
}

export function lion(w: usize, g: usize, m: usize, n: i32, hyper: usize): void {
  const rate = hyperLanes(hyper, 0), kept = hyperLanes(hyper, 5);
  const beta1 = hyperLanes(hyper, 1), fresh1 = hyperLanes(hyper, 2);
  const beta2 = hyperLanes(hyper, 3), fresh2 = hyperLanes(hyper, 4);
  const zero = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const grad = v128.load(g + at), mean = v128.load(m + at);
    let weight = f32x4.mul(v128.load(w + at), kept);
    const direction = blend(beta1, mean, fresh1, grad);
    const down = v128.and(rate, f32x4.gt(direction, zero));
    const up = v128.and(rate, f32x4.lt(direction, zero));
    weight = f32x4.add(f32x4.sub(weight, down), up);
    storeLanes(m + at, blend(beta2, mean, fresh2, grad), n - i);
    storeLanes(w + at, weight, n - i);
  }
}

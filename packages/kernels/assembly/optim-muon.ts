// What Muon does element by element: the momentum before the matrix is made orthogonal, and the step after. g, m and x are read only.
import { storeLanes } from './lanes';
import { hyperLanes, hyperWord } from './optim-hyper';

export function muonMomentum(g: usize, m: usize, out: usize, n: i32, hyper: usize): void {
  const fresh = hyperLanes(hyper, 0), momentum = hyperLanes(hyper, 1);
  const nesterov = hyperWord(hyper, 2) != 0;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const grad = v128.load(g + at), old = v128.load(m + at);
    let mean = f32x4.add(old, f32x4.mul(f32x4.sub(grad, old), fresh));
    if (nesterov) mean = f32x4.add(grad, f32x4.mul(f32x4.sub(mean, grad), momentum));
    storeLanes(out + at, mean, n - i);
  }
}

export function muon(w: usize, x: usize, n: i32, hyper: usize): void {
  const rate = hyperLanes(hyper, 0), kept = hyperLanes(hyper, 1);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const weight = f32x4.mul(v128.load(w + at), kept);
    storeLanes(w + at, f32x4.sub(weight, f32x4.mul(rate, v128.load(x + at))), n - i);
  }
}

// Connectionist temporal classification (Graves et al. 2006) of rows [samples][time][classes] of log-probabilities, `=`. State s of
// 2·length + 1 is a blank where s is even, target (s − 1) ÷ 2 where it is odd. Logarithms of sums stay in f64, so that they do not
// lose digits as they grow with time; what is left after the largest term is subtracted goes through the f32 lanes.
import { storeLanes } from './lanes';
import { expLanes, logScalar } from './math';

// @ts-ignore: decorator
@inline
function labelOf(targets: usize, state: i32, blank: i32): i32 {
  return state & 1 ? load<i32>(targets + (<usize>(state >> 1) << 2)) : blank;
}

/** log(e^a + e^b + e^c). */
function logSum(a: f64, b: f64, c: f64): f64 {
  const most = max<f64>(max<f64>(a, b), c);
  if (most == -Infinity) return most;
  const e = expLanes(f32x4(<f32>(a - most), <f32>(b - most), <f32>(c - most), 0));
  const sum = f32x4.extract_lane(e, 0) + f32x4.extract_lane(e, 1) + f32x4.extract_lane(e, 2);
  return most + <f64>logScalar(sum);
}

/** The value of a state before the first (or after the last) one is that of no path. */
// @ts-ignore: decorator
@inline
function at(row: usize, state: i32, states: i32): f64 {
  return <u32>state < <u32>states ? load<f64>(row + (<usize>state << 3)) : -Infinity;
}

/** Paths that start in the first two states (step = 1) or end in the last two (step = −1), weighed by the probabilities of one time. */
function begin(x: usize, out: usize, targets: usize, states: i32, blank: i32, step: i32): void {
  for (let s = 0; s < states; s++) {
    const open = step > 0 ? s < 2 : s + 2 >= states;
    const value = open ? <f64>load<f32>(x + (<usize>labelOf(targets, s, blank) << 2)) : -Infinity;
    store<f64>(out + (<usize>s << 3), value);
  }
}

/** One time further: from a state itself, its neighbour, and the next but one if that holds another label. */
function advance(x: usize, from: usize, out: usize, targets: usize, states: i32, blank: i32, step: i32): void {
  for (let s = 0; s < states; s++) {
    const label = labelOf(targets, s, blank);
    const far = s - 2 * step;
    const skips = <u32>far < <u32>states && labelOf(targets, far, blank) != label;
    const sum = logSum(at(from, s, states), at(from, s - step, states), skips ? at(from, far, states) : -Infinity);
    store<f64>(out + (<usize>s << 3), sum + <f64>load<f32>(x + (<usize>label << 2)));
  }
}

/** Whether lengths and labels of a sample are possible. */
function isPossible(targets: usize, steps: i32, length: i32, time: i32, longest: i32, classes: i32): bool {
  if (<u32>steps > <u32>time || <u32>length > <u32>longest) return false;
  for (let i = 0; i < length; i++) {
    if (<u32>load<i32>(targets + (<usize>i << 2)) >= <u32>classes) return false;
  }
  return true;
}

/** −log of the probability of all paths, from the last row of forward values. */
// @ts-ignore: decorator
@inline
function lossOf(row: usize, states: i32): f64 {
  return -logSum(at(row, states - 1, states), at(row, states - 2, states), -Infinity);
}

export function ctcLoss(
  x: usize, targets: usize, steps: usize, lengths: usize, loss: usize, samples: i32, time: i32, classes: i32,
  longest: i32, blank: i32, zeroInfinity: i32, scratch: usize,
): void {
  const rowBytes = <usize>classes << 2;
  const other = scratch + (<usize>(2 * longest + 1) << 3);
  for (let i: usize = 0; i < <usize>samples; i++) {
    const last = load<i32>(steps + (i << 2)), length = load<i32>(lengths + (i << 2));
    let value: f32 = f32.NaN;
    if (isPossible(targets, last, length, time, longest, classes)) {
      const states = 2 * length + 1;
      if (last == 0) value = length == 0 ? 0 : Infinity;
      else {
        let row = scratch, next = other;
        begin(x, row, targets, states, blank, 1);
        for (let t = 1; t < last; t++) {
          advance(x + <usize>t * rowBytes, row, next, targets, states, blank, 1);
          const swap = row;
          row = next;
          next = swap;
        }
        value = <f32>lossOf(row, states);
      }
      if (zeroInfinity && value == Infinity) value = 0;
    }
    store<f32>(loss + (i << 2), value);
    x += <usize>time * rowBytes;
    targets += <usize>longest << 2;
  }
}

/** dx of one time: (e^x − Σ of the states' posterior probabilities by class, states ascending) · dloss. */
function gradOfTime(
  x: usize, dx: usize, alpha: usize, beta: usize, loss: f64, dloss: f32, targets: usize, states: i32, classes: i32,
  blank: i32,
): void {
  for (let c = 0; c < classes; c += 4) {
    const byte = <usize>c << 2;
    storeLanes(dx + byte, expLanes(v128.load(x + byte)), classes - c);
  }
  for (let s = 0; s < states; s++) {
    const label = <usize>labelOf(targets, s, blank) << 2;
    const log = load<f64>(alpha + (<usize>s << 3)) + load<f64>(beta + (<usize>s << 3)) + loss - <f64>load<f32>(x + label);
    const posterior = f32x4.extract_lane(expLanes(f32x4.splat(<f32>log)), 0);
    store<f32>(dx + label, load<f32>(dx + label) - posterior);
  }
  const scale = f32x4.splat(dloss);
  for (let c = 0; c < classes; c += 4) {
    const to = dx + (<usize>c << 2);
    storeLanes(to, f32x4.mul(v128.load(to), scale), classes - c);
  }
}

export function ctcLossGrad(
  dloss: usize, x: usize, targets: usize, steps: usize, lengths: usize, dx: usize, samples: i32, time: i32,
  classes: i32, longest: i32, blank: i32, zeroInfinity: i32, scratch: usize,
): void {
  const rowBytes = <usize>classes << 2;
  const stateBytes = <usize>(2 * longest + 1) << 3;
  const backward = scratch + <usize>time * stateBytes;
  memory.fill(dx, 0, <usize>samples * <usize>time * rowBytes);
  for (let i: usize = 0; i < <usize>samples; i++) {
    const last = load<i32>(steps + (i << 2)), length = load<i32>(lengths + (i << 2));
    if (last > 0 && isPossible(targets, last, length, time, longest, classes)) {
      const states = 2 * length + 1;
      begin(x, scratch, targets, states, blank, 1);
      for (let t: usize = 1; t < <usize>last; t++) {
        const row = scratch + t * stateBytes;
        advance(x + t * rowBytes, row - stateBytes, row, targets, states, blank, 1);
      }
      const loss = lossOf(scratch + <usize>(last - 1) * stateBytes, states);
      if (!zeroInfinity || loss != Infinity) {
        const scale = load<f32>(dloss + (i << 2));
        let beta = backward, next = backward + stateBytes;
        for (let t = last - 1; t >= 0; t--) {
          const xAt = x + <usize>t * rowBytes;
          if (t == last - 1) begin(xAt, beta, targets, states, blank, -1);
          else {
            advance(xAt, beta, next, targets, states, blank, -1);
            const swap = beta;
            beta = next;
            next = swap;
          }
          const alpha = scratch + <usize>t * stateBytes;
          gradOfTime(xAt, dx + <usize>t * rowBytes, alpha, beta, loss, scale, targets, states, classes, blank);
        }
      }
    }
    x += <usize>time * rowBytes;
    dx += <usize>time * rowBytes;
    targets += <usize>longest << 2;
  }
}

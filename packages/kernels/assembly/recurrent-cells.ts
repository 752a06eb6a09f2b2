// One step of one sample of a recurrent layer, over rows of `hidden` floats, four at a time; gates lie one after the
// other. Remainders read past the row and write only what exists.
import { storeLanes } from './lanes';
import { sigmoidLanes, tanhLanes } from './math';

export const RELU: i32 = 1;
export const LSTM: i32 = 2;
export const GRU: i32 = 3;

/** Gates of a kind: rows of `hidden` floats that its weights give. */
// @ts-ignore: decorator
@inline
export function gatesOf(kind: i32): i32 {
  if (kind == LSTM) return 4;
  return kind == GRU ? 3 : 1;
}

/** Rows of `hidden` floats that a step keeps for its gradient. */
// @ts-ignore: decorator
@inline
export function keptOf(kind: i32): i32 {
  if (kind == LSTM) return 5;
  return kind == GRU ? 4 : 0;
}

/** Rows of the final state, after those of the steps. */
// @ts-ignore: decorator
@inline
export function finalsOf(kind: i32): i32 {
  return kind == LSTM ? 2 : 1;
}

/** The steps of sample s. */
// @ts-ignore: decorator
@inline
export function lengthOf(lengths: usize, s: i32, steps: i32): i32 {
  return lengths ? max(0, min(steps, load<i32>(lengths + (<usize>s << 2)))) : steps;
}

/** h = tanh(x + p), or max(x + p, 0). */
export function plainCell(relu: bool, x: usize, p: usize, h: usize, hidden: i32): void {
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const v = f32x4.add(v128.load(x + at), v128.load(p + at));
    storeLanes(h + at, relu ? f32x4.max(v, f32x4.splat(0)) : tanhLanes(v), hidden - j);
  }
}

export function lstmCell(x: usize, p: usize, h: usize, c: usize, kept: usize, hidden: i32): void {
  const row = <usize>hidden << 2;
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const count = hidden - j;
    const xs = x + at, ps = p + at;
    const i = sigmoidLanes(f32x4.add(v128.load(xs), v128.load(ps)));
    const f = sigmoidLanes(f32x4.add(v128.load(xs + row), v128.load(ps + row)));
    const g = tanhLanes(f32x4.add(v128.load(xs + 2 * row), v128.load(ps + 2 * row)));
    const o = sigmoidLanes(f32x4.add(v128.load(xs + 3 * row), v128.load(ps + 3 * row)));
    const cell = f32x4.add(f32x4.mul(f, v128.load(c + at)), f32x4.mul(i, g));
    storeLanes(c + at, cell, count);
    storeLanes(h + at, f32x4.mul(o, tanhLanes(cell)), count);
    if (kept) {
      const to = kept + at;
      storeLanes(to, i, count);
      storeLanes(to + row, f, count);
      storeLanes(to + 2 * row, g, count);
      storeLanes(to + 3 * row, o, count);
      storeLanes(to + 4 * row, cell, count);
    }
  }
}

export function gruCell(x: usize, p: usize, h: usize, kept: usize, hidden: i32): void {
  const row = <usize>hidden << 2;
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const count = hidden - j;
    const xs = x + at, ps = p + at;
    const r = sigmoidLanes(f32x4.add(v128.load(xs), v128.load(ps)));
    const z = sigmoidLanes(f32x4.add(v128.load(xs + row), v128.load(ps + row)));
    const inner = v128.load(ps + 2 * row);
    const n = tanhLanes(f32x4.add(v128.load(xs + 2 * row), f32x4.mul(r, inner)));
    const before = v128.load(h + at);
    storeLanes(h + at, f32x4.add(f32x4.mul(f32x4.sub(before, n), z), n), count);
    if (kept) {
      const to = kept + at;
      storeLanes(to, r, count);
      storeLanes(to + row, z, count);
      storeLanes(to + 2 * row, n, count);
      storeLanes(to + 3 * row, inner, count);
    }
  }
}

// @ts-ignore: decorator
@inline
function orZero(from: usize, at: usize): v128 {
  return from ? v128.load(from + at) : f32x4.splat(0);
}

// @ts-ignore: decorator
@inline
function both(a: usize, b: usize, v: v128, count: i32): void {
  storeLanes(a, v, count);
  storeLanes(b, v, count);
}

/** y(1 − y), the slope of a sigmoid. */
// @ts-ignore: decorator
@inline
function sigmoidSlope(y: v128): v128 {
  return f32x4.mul(y, f32x4.sub(f32x4.splat(1), y));
}

/** 1 − y², the slope of tanh. */
// @ts-ignore: decorator
@inline
function tanhSlope(y: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(y, y));
}

/** Writes the gradient of the gates to dx and dp. y: the step's result. */
export function plainCellGrad(relu: bool, dy: usize, dh: usize, y: usize, dx: usize, dp: usize, hidden: i32): void {
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const d = f32x4.add(v128.load(dy + at), v128.load(dh + at));
    const h = v128.load(y + at);
    const v = relu ? v128.and(d, f32x4.gt(h, f32x4.splat(0))) : f32x4.mul(d, tanhSlope(h));
    both(dx + at, dp + at, v, hidden - j);
  }
}

/** Also turns dc of this step into dc of the step before. before: that step's cell, or 0 (null). */
export function lstmCellGrad(
  dy: usize, dh: usize, dc: usize, kept: usize, before: usize, dx: usize, dp: usize, hidden: i32,
): void {
  const row = <usize>hidden << 2;
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const count = hidden - j;
    const d = f32x4.add(v128.load(dy + at), v128.load(dh + at));
    const from = kept + at;
    const i = v128.load(from), f = v128.load(from + row), g = v128.load(from + 2 * row);
    const o = v128.load(from + 3 * row);
    const t = tanhLanes(v128.load(from + 4 * row));
    const dCell = f32x4.add(v128.load(dc + at), f32x4.mul(f32x4.mul(d, o), tanhSlope(t)));
    storeLanes(dc + at, f32x4.mul(dCell, f), count);
    const a = dx + at, b = dp + at;
    both(a, b, f32x4.mul(f32x4.mul(dCell, g), sigmoidSlope(i)), count);
    both(a + row, b + row, f32x4.mul(f32x4.mul(dCell, orZero(before, at)), sigmoidSlope(f)), count);
    both(a + 2 * row, b + 2 * row, f32x4.mul(f32x4.mul(dCell, i), tanhSlope(g)), count);
    both(a + 3 * row, b + 3 * row, f32x4.mul(f32x4.mul(d, t), sigmoidSlope(o)), count);
  }
}

/** Also leaves in dh what reaches the step before past the gates. before: that step's result, or 0 (null). */
export function gruCellGrad(
  dy: usize, dh: usize, kept: usize, before: usize, dx: usize, dp: usize, hidden: i32,
): void {
  const row = <usize>hidden << 2;
  for (let j = 0; j < hidden; j += 4) {
    const at = <usize>j << 2;
    const count = hidden - j;
    const d = f32x4.add(v128.load(dy + at), v128.load(dh + at));
    const from = kept + at;
    const r = v128.load(from), z = v128.load(from + row), n = v128.load(from + 2 * row);
    const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(f32x4.splat(1), z)), tanhSlope(n));
    const dr = f32x4.mul(f32x4.mul(dn, v128.load(from + 3 * row)), sigmoidSlope(r));
    const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(orZero(before, at), n)), sigmoidSlope(z));
    const a = dx + at, b = dp + at;
    both(a, b, dr, count);
    both(a + row, b + row, dz, count);
    storeLanes(a + 2 * row, dn, count);
    storeLanes(b + 2 * row, f32x4.mul(dn, r), count);
    storeLanes(dh + at, f32x4.mul(d, z), count);
  }
}

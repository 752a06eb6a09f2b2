/** Cases of softmax and the losses. */
import { type Case, few, floatKind, size } from './case.ts';

const forward: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  return { args: [arena.floats(rows * n, draw(floatKind)), arena.space(4 * rows * n), rows, n] };
};

const backward: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [dy, y] = [arena.floats(rows * n, draw(floatKind)), arena.floats(rows * n, draw(floatKind))];
  return { args: [dy, y, arena.space(4 * rows * n), rows, n] };
};

const perRow: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  return { args: [x, arena.indices(rows, n), arena.space(4 * rows), rows, n] };
};

const crossEntropyGrad: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  return { args: [x, arena.indices(rows, n), arena.floats(rows), arena.space(4 * rows * n), rows, n] };
};

export const softmaxCases = {
  softmax: forward,
  logSoftmax: forward,
  softmaxGrad: backward,
  logSoftmaxGrad: backward,
  crossEntropy: perRow,
  crossEntropyGrad,
  correct: perRow,
} satisfies Record<string, Case>;

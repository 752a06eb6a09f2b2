/** Cases of activations with parameters. */
import fc from 'fast-check';
import { activationOps, f32Bits } from '../../src/index.ts';
import { type Case, few, flag, floatKind, size } from './case.ts';

const operation = (): fc.Arbitrary<number> => fc.constantFrom(...Object.values(activationOps));
/** Slopes, bounds and thresholds, also of the wrong sign. */
const parameter = (): fc.Arbitrary<number> => fc.constantFrom(0.5, 1, 0, 0.01, -0.25, -1, 6, 20).map(f32Bits);

const activation: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const x = arena.floats(n, draw(floatKind));
  const out = draw(flag) === 1 ? x : arena.space(4 * n);
  return { args: [draw(operation), x, out, n, draw(parameter), draw(parameter)] };
};

const activationGrad: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [dy, x] = [arena.floats(n, draw(floatKind)), arena.floats(n, draw(floatKind))];
  const dx = draw(() => fc.constantFrom(dy, x, arena.space(4 * n)));
  return { args: [draw(operation), dy, x, dx, n, draw(parameter), draw(parameter)] };
};

/** Mostly channels side by side; else runs of one channel each. */
const inner = (): fc.Arbitrary<number> => fc.constantFrom(1, 1, 2, 5, 8, 19);

const prelu: Case = (draw, arena) => {
  const [rows, channels, run] = [draw(few), draw(size), draw(inner)];
  const n = rows * channels * run;
  const [x, slope] = [arena.floats(n, draw(floatKind)), arena.floats(channels, draw(floatKind))];
  return { args: [x, slope, draw(flag) === 1 ? x : arena.space(4 * n), rows, channels, run] };
};

const preluGrad: Case = (draw, arena) => {
  const [rows, channels, run] = [draw(few), draw(size), draw(inner)];
  const n = rows * channels * run;
  const [dy, x] = [arena.floats(n, draw(floatKind)), arena.floats(n, draw(floatKind))];
  const dx = draw(() => fc.constantFrom(dy, x, arena.space(4 * n)));
  return { args: [dy, x, arena.floats(channels, draw(floatKind)), dx, rows, channels, run] };
};

const preluGradSums: Case = (draw, arena) => {
  const [samples, rows, channels, run] = [draw(few), draw(few), draw(size), draw(inner)];
  const n = samples * rows * channels * run;
  const [dy, x] = [arena.floats(n, draw(floatKind)), arena.floats(n, draw(floatKind))];
  return { args: [dy, x, arena.space(4 * samples * channels), samples, rows, channels, run] };
};

export const activationCases = { activation, activationGrad, prelu, preluGrad, preluGradSums } satisfies Record<
  string,
  Case
>;

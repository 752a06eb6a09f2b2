/** Cases of connectionist temporal classification: every length, repeated labels, impossible ones. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, floatKind, small } from './case.ts';

const many = (draw: Draw, n: number, min: number, max: number): number[] =>
  draw(() => fc.array(fc.integer({ min, max }), { minLength: n, maxLength: n }));

function operands(draw: Draw, arena: Arena) {
  const [samples, time, classes] = [draw(small) - 1, draw(small), draw(small) + 1];
  const longest = draw(small) - 1;
  const x = arena.floats(samples * time * classes, draw(floatKind));
  const mistakes = draw(() => fc.constantFrom(0, 0, 0, 1));
  const targets = arena.ints(many(draw, samples * longest, -mistakes, classes - 1 + mistakes));
  const steps = arena.ints(many(draw, samples, -mistakes, time + mistakes));
  const lengths = arena.ints(many(draw, samples, -mistakes, longest + mistakes));
  const blank = draw(() => fc.integer({ min: 0, max: classes - 1 }));
  const rest = [samples, time, classes, longest, blank, draw(flag)];
  return { x: [x, targets, steps, lengths], rest, samples, time, classes, stateBytes: 8 * (2 * longest + 1) };
}

const ctcLoss: Case = (draw, arena) => {
  const { x, rest, samples, stateBytes } = operands(draw, arena);
  const [loss, bytes] = [arena.space(4 * samples), 2 * stateBytes];
  const scratch = arena.space(bytes);
  return { args: [...x, loss, ...rest, scratch], ignored: [{ at: scratch, bytes }] };
};

const ctcLossGrad: Case = (draw, arena) => {
  const { x, rest, samples, time, classes, stateBytes } = operands(draw, arena);
  const [dloss, dx] = [arena.floats(samples), arena.space(4 * samples * time * classes)];
  const bytes = (time + 2) * stateBytes;
  const scratch = arena.space(bytes);
  return { args: [dloss, ...x, dx, ...rest, scratch], ignored: [{ at: scratch, bytes }] };
};

export const ctcCases = { ctcLoss, ctcLossGrad } satisfies Record<string, Case>;

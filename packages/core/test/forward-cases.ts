/** Cases of `bits.test.ts` for operations without a gradient. */
import { F, type Tensor } from '@lockstep/core';
import { any, type Input, spaced } from './gradient-cases/case.ts';

// biome-ignore lint/suspicious/noExplicitAny: results of any dtype.
type Result = Tensor<any>;
export interface ForwardCase {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: Tensor[]) => Result;
  readonly uncut?: true;
}

const op = (name: string, inputs: Input[], run: (...inputs: Tensor[]) => Result): ForwardCase => ({
  name,
  inputs,
  run: (tensors) => run(...tensors),
});

/** −1, 0 and 1, so that equals and zeros come up. */
const signs = (x: Tensor) => x.mul(2).trunc();

export const forwardCases: readonly ForwardCase[] = [
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const).map((name) =>
    op(`Tensor.${name}`, [any(7, 5), any(7, 5)], (a, b) => signs(a!)[name](signs(b!))),
  ),
  ...(['isnan', 'isinf', 'isfinite'] as const).map((name) =>
    op(`Tensor.${name}`, [any(7, 5)], (x) => x!.sign().div(signs(x!))[name]()),
  ),
  ...(['any', 'all', 'countNonzero'] as const).flatMap((name) => [
    op(`Tensor.${name}`, [any(7, 3)], (x) => signs(x!)[name](1)),
    op(`Tensor.${name}`, [any(7, 3)], (x) => signs(x!)[name]()),
  ]),
  ...(['argmax', 'argmin'] as const).flatMap((name) => [
    op(`Tensor.${name}`, [any(7, 9)], (x) => signs(x!)[name](1)),
    op(`Tensor.${name}`, [spaced(7, 2)], (x) => x![name](0)),
  ]),
  op('Tensor.argsort', [any(7, 9)], (x) => signs(x!).argsort(1)),
  { ...op('Tensor.argsort', [spaced(7, 2)], (x) => x!.argsort(0, { descending: true })), uncut: true },
  op('Tensor.to', [any(7, 5)], (x) => x!.mul(300).to('i32')),
  op('Tensor.to', [any(7, 5)], (x) => x!.mul(300).to('i32').to('f32')),
  op('F.oneHot', [any(7, 3)], (x) => F.oneHot(x!.add(1).mul(2).to('i32'), 4)),
  op('F.sinusoidalPositions', [any(7, 3, 6)], (x) => x!.add(F.sinusoidalPositions(3, 6))),
];

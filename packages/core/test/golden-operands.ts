/** The operands of the golden files that generate_tensor.py wrote, from the same hash. */
import { type Tensor, tensor } from '@lockstep/core';
import { hashTargets, hashUniform } from '@lockstep/testkit';

export type Numbers = readonly (number | 'NaN' | 'Infinity' | '-Infinity')[];
// biome-ignore lint/suspicious/noExplicitAny: f32 or i32, as the case says.
export type AnyTensor = Tensor<any>;

const special = [0, -0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 1, -1, 3.7, -3.7, 1e-8, 123456.7, -7654321, 3e9, 1e30]
  .concat([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]); // biome-ignore format: one list

/** The operand of a kind and a shape; see `values` in generate_tensor.py. */
export function operandOf(kind: string, shape: number[], name: string): AnyTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  if (kind.startsWith('index')) return tensor(hashTargets(name, count, Number(kind.slice(5))), { shape, dtype: 'i32' });
  const unit = hashUniform(name, count);
  const kinds: Record<string, (value: number, i: number) => number> = {
    any: (value) => value,
    counting: (_, i) => i,
    wide: (value) => value * 8,
    positive: (value) => value / 2 + 1,
    // Halves cannot come up: rounding is to the nearest.
    ties: (value) => Math.round(Math.fround(value * 3)) + 0,
    special: (_, i) => special[hashTargets(name, count, special.length)[i]!]!,
  };
  return tensor(unit.map(kinds[kind]!), { shape, requiresGrad: true });
}

export const numbersOf = (data: Numbers) => data.map(Number);

/** Tensors print as PyTorch prints them, character by character: texts of golden/tensor-print.json. */
import { type DType, tensor } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';
import { type Numbers, numbersOf, operandOf } from './golden-operands.ts';

interface PrintedCase {
  readonly name: string;
  readonly kind: string;
  readonly shape: number[];
  readonly scale: number;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  readonly given?: Numbers;
  readonly text: string;
}

const { cases } = goldenJson<{ cases: PrintedCase[] }>('tensor-print.json');

test('the golden file has all its cases', () => {
  expect(cases.length).toBe(49);
});

describe.each(cases)('$text', ({ name, kind, shape, scale, dtype, requiresGrad, given, text }) => {
  test('is printed', () => {
    const values = given ? numbersOf(given) : Array.from<number>(operandOf(kind, shape, name).data);
    const scaled = values.map((value) => (scale === 1 ? value : Math.fround(value * Math.fround(scale))));
    expect(String(tensor(scaled, { shape, dtype, requiresGrad }))).toBe(text);
  });
});

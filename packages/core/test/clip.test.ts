/** Gradient clipping of eager computation, against PyTorch. */
import { clipGradNorm, clipGradValue, nn, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

interface ClipCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly limit: number;
  readonly totalNorm: number;
  readonly norm: readonly (readonly number[])[];
  readonly value: readonly (readonly number[])[];
}

const { cases } = goldenJson<{ cases: ClipCase[] }>('clip.json');

function parametersOf({ name, shapes }: ClipCase): nn.Parameter[] {
  return shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const parameter = new nn.Parameter(tensor(new Float32Array(size), { shape }));
    parameter.grad = tensor(hashUniform(`${name}/${i}`, size), { shape });
    return parameter;
  });
}

const start = (parameter: nn.Parameter) => parameter.grad!.data.slice(0, 64);

describe.each(cases)('$name', (entry) => {
  test('by norm', (context) => {
    provesGolden(context, ['clipGradNorm']);
    const parameters = parametersOf(entry);
    expectClose([clipGradNorm(parameters, entry.limit)], [entry.totalNorm], { tolerance: 1e-6 });
    parameters.forEach((parameter, i) => {
      expectClose(start(parameter), entry.norm[i]!, { tolerance: 1e-6, scale: 1e-3 });
    });
  });

  test('by value', (context) => {
    provesGolden(context, ['clipGradValue']);
    const parameters = parametersOf(entry);
    clipGradValue(parameters, entry.limit / 4);
    parameters.forEach((parameter, i) => {
      expect([...start(parameter)]).toEqual(entry.value[i]!.map(Math.fround));
    });
  });
});

test('a norm within the limit leaves every bit as it was', () => {
  const parameters = parametersOf(cases[2]!);
  const before = parameters.map((parameter) => [...parameter.grad!.data]);
  clipGradNorm(parameters, 100);
  expect(parameters.map((parameter) => [...parameter.grad!.data])).toEqual(before);
});

test('parameters without a gradient are passed over', () => {
  const [a, b] = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([1]))];
  expect(clipGradNorm([a, b], 1)).toBe(0);
  clipGradValue([a, b], 1);
  a.grad = tensor([-4]);
  expect(clipGradNorm([a, a, b], 1)).toBe(4);
  expect(a.grad.item()).toBeCloseTo(-1, 6);
  expect(b.grad).toBeNull();
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %s is refused', (limit) => {
  expect(() => clipGradNorm([], limit)).toThrow(`clipGradNorm: expected a finite number above 0, got ${limit}`);
  expect(() => clipGradValue([], limit)).toThrow(`clipGradValue: expected a finite number above 0, got ${limit}`);
});

/** The max-norm constraint: what it does to rows, against PyTorch's renorm, and within fused training steps. */
import { Adam, nn, SGD, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';
import { type Model, smallModel, trainCompiled, trainEager } from './training-run.ts';

interface RenormCase {
  readonly name: string;
  readonly shape: readonly number[];
  readonly maxNorm: number;
  readonly limited: readonly number[];
}

const { cases } = goldenJson<{ cases: RenormCase[] }>('max-norm.json');

test.each(cases)('$name: rows end where torch.renorm puts them', ({ name, shape, maxNorm, limited }) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const rowSize = size / shape[0]!;
  const values = hashUniform(name, size).map((value, i) =>
    i < rowSize ? Math.fround(value * Math.fround(0.01)) : value,
  );
  const parameter = new nn.Parameter(tensor(values, { shape }));
  parameter.grad = tensor(new Float32Array(size), { shape });
  new SGD([parameter], { lr: 0.1, maxNorm }).step();
  expectClose(parameter.data, limited, { tolerance: 1e-6, scale: 1e-3 });
  expect([...parameter.data.slice(0, rowSize)]).toEqual([...values.slice(0, rowSize)]);
});

test('biases are left alone: the constraint is on incoming weights', () => {
  const bias = new nn.Parameter(tensor([30, 40]));
  bias.grad = tensor([0, 0]);
  new Adam([bias], { maxNorm: 1 }).step();
  expect([...bias.data]).toEqual([30, 40]);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('maxNorm %s is refused', (maxNorm) => {
  expect(() => new SGD([new nn.Parameter(tensor([1]))], { lr: 1, maxNorm })).toThrow(/optimizer: maxNorm must be/);
});

function limited(kind: 'SGD' | 'Adam'): Model {
  const model = smallModel(0.3, kind);
  const parameters = model.module.parameters();
  const maxNorm = 0.4;
  const optimizer =
    kind === 'SGD'
      ? new SGD(parameters, { lr: 0.1, momentum: 0.9, maxNorm })
      : new Adam(parameters, { lr: 0.01, maxNorm });
  return { ...model, optimizer };
}

test.each(['SGD', 'Adam'] as const)(
  '%s: training steps keep every row within the limit, alike for any shards',
  (kind) => {
    const one = limited(kind);
    const seen = trainCompiled(one, { shards: 1, fused: true });
    for (const shards of [2, 3, 5]) expect(trainCompiled(limited(kind), { shards, fused: true })).toEqual(seen);
    let binding = 0;
    for (const parameter of one.module.parameters().filter(({ rank }) => rank >= 2)) {
      const rowSize = parameter.size / parameter.shape[0]!;
      for (let row = 0; row < parameter.shape[0]!; row++) {
        const norm = Math.hypot(...parameter.data.slice(row * rowSize, (row + 1) * rowSize));
        expect(norm).toBeLessThan(0.4 * (1 + 1e-6));
        if (norm > 0.4 * (1 - 1e-5)) binding++;
      }
    }
    expect(binding).toBeGreaterThan(10);
  },
);

test('the first step agrees with eager computation', () => {
  const compiled = trainCompiled(limited('SGD'), { shards: 3, steps: 1 });
  expectClose(compiled, trainEager(limited('SGD'), 1), { tolerance: 1e-5, scale: 0.01 });
});

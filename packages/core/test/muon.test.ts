/** Muon: its steps against a reference in PyTorch, what it does to singular values, and its training steps. */
import { AdamW, crossEntropy, Muon, type MuonOptions, manualSeed, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { orthogonalized } from '../src/ops/muon.ts';
import { Tensor as TensorOf } from '../src/tensor/tensor.ts';
import { shardCounts, workerCounts } from './conformance/cuts.ts';
import { proves, provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';
import { type Model, SmallNet, trainCompiled, trainEager } from './training-run.ts';

interface MuonCase {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly options: MuonOptions;
  readonly parameters: readonly (readonly number[])[];
  readonly parametersFloat64: readonly (readonly number[])[];
}

const { cases } = goldenJson<{ cases: MuonCase[] }>('muon.json');

test.for(cases)('$name: every step agrees with PyTorch within 1e-6 of |w| + 0.1', (entry, context) => {
  provesGolden(context, ['Muon'], 'Jordan et al. 2024, PyTorch 2.9 in float32');
  const { name, shape, options } = entry;
  const size = shape[0] * shape[1];
  const parameter = new nn.Parameter(tensor(hashUniform(name, size), { shape }));
  const optimizer = new Muon([parameter], options);
  entry.parameters.forEach((expected, step) => {
    parameter.grad = tensor(hashUniform(`${name}/${step}`, size), { shape });
    optimizer.step();
    const label = `after step ${step + 1}`;
    expectClose(parameter.data, expected, { tolerance: 1e-6, scale: 0.1, label });
    expectClose(parameter.data, entry.parametersFloat64[step]!, { tolerance: 1e-6, scale: 0.1, label });
  });
});

test.each([
  [6, 4],
  [4, 6],
])('a %i × %i matrix becomes nearly orthogonal: singular values between 0.6 and 1.3', (rows, columns) => {
  const matrix = tensor(hashUniform(`muon/${rows}`, rows * columns), { shape: [rows, columns] });
  const options = { steps: 5, coefficients: [3.4445, -4.775, 2.0315], eps: 1e-7 } as const;
  const x = new TensorOf(orthogonalized(matrix.node, options));
  const gram = rows < columns ? x.matmul(x.permute([1, 0])) : x.permute([1, 0]).matmul(x);
  // Between the squares of the least and the largest singular value on the diagonal, within half their distance elsewhere.
  (gram.toArray() as number[][]).forEach((row, i) => {
    row.forEach((value, j) => {
      if (i === j) expect(Math.abs(Math.sqrt(value) - 0.95)).toBeLessThan(0.35);
      else expect(Math.abs(value)).toBeLessThan((1.3 ** 2 - 0.6 ** 2) / 2);
    });
  });
});

function modelWith(options: MuonOptions = {}): Model {
  manualSeed(3);
  const module = new SmallNet(0.3);
  const parameters = module.parameters();
  const groups = [
    { params: parameters.filter(({ rank }) => rank === 2), lr: 0.02 },
    { params: parameters.filter(({ rank }) => rank !== 2), useMuon: false, weightDecay: 0 },
  ];
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape: [2, 5, 5], loss, optimizer: new Muon(groups, options) };
}

describe('training steps', () => {
  test.for([{}, { maxNorm: 0.5 }, { maximize: true }])(
    'with %o give the same bits for any workers and shards and any order',
    (options, context) => {
      proves(context, 'bits', 'Muon');
      const seen = trainCompiled(modelWith(options), { shards: 1, fused: true });
      expect(seen.every(Number.isFinite)).toBe(true);
      for (const shards of shardCounts)
        for (const workers of workerCounts)
          expect(trainCompiled(modelWith(options), { shards, workers, fused: true })).toEqual(seen);
      const order = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
      expect(trainCompiled(modelWith(options), { shards: 2, fused: true, order })).toEqual(seen);
    },
  );

  test('do what step() does', () => {
    expectClose(trainCompiled(modelWith(), { shards: 3, steps: 1 }), trainEager(modelWith(), 1), {
      tolerance: 1e-4,
      scale: 0.05,
    });
  });

  test('leave to AdamW what Muon does not take, to the bit', () => {
    const [muon, adamW] = [new nn.Parameter(tensor([1, -2])), new nn.Parameter(tensor([1, -2]))];
    const optimizers = [
      new Muon([{ params: [muon], useMuon: false }], { lr: 0.01 }),
      new AdamW([adamW], { lr: 0.01, weightDecay: 0.1 }),
    ];
    for (let step = 0; step < 3; step++) {
      for (const parameter of [muon, adamW]) parameter.grad = tensor([0.5 - step, 0.25]);
      for (const optimizer of optimizers) optimizer.step();
    }
    expect([...muon.data]).toEqual([...adamW.data]);
  });
});

test('parameters that are no matrices are refused, with what to do', () => {
  expect(() => new Muon([new nn.Parameter(tensor([1]))])).toThrow(
    'Muon: expected matrices, got a parameter of shape [1]; put it in a group with useMuon: false',
  );
  const matrix = new nn.Parameter(tensor([[1]]));
  expect(() => new Muon([matrix], { nsSteps: 0 })).toThrow(/nsSteps must be an integer from 1 to 99, got 0/);
});

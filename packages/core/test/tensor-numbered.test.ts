/** Order, elements by number, matrices, and einsum: edges that PyTorch leaves open or refuses, and errors that say what to do. */
import {
  arange,
  einsum,
  eye,
  F,
  fullLike,
  inputTensor,
  linspace,
  meshgrid,
  ones,
  onesLike,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { programOf } from './program.ts';

const counting = (...shape: number[]) => arange({ end: shape.reduce((a, b) => a * b, 1) }).reshape(shape);
const numbers = (...values: number[]) => tensor(values, { dtype: 'i32' });

describe('creation', () => {
  test('of equal distances, identities and tensors like others', () => {
    expect([...linspace(0, 1, 5).data]).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect([...linspace(3, -3, 3).data, ...linspace(7, 9, 1).data]).toEqual([3, 0, -3, 7]);
    expect(linspace(0, 1, 0).shape).toEqual([0]);
    expect(linspace(0, 0.7, 8).data[7]).toBe(Math.fround(0.7));
    expect(eye(2, 3).toArray()).toEqual([[1, 0, 0], [0, 1, 0]]); // biome-ignore format: a matrix
    expect(eye(3).trace().item()).toBe(3);
    const like = tensor([[1, 2]], { dtype: 'i32' });
    expect([zerosLike(like), onesLike(like), fullLike(like, 7)].map((x) => [x.dtype, ...x.data])).toEqual([
      ['i32', 0, 0],
      ['i32', 1, 1],
      ['i32', 7, 7],
    ]);
    expect(() => linspace(0, 1, 2.5)).toThrow('linspace: steps must be an integer ≥ 0, got 2.5');
  });
});

describe('order', () => {
  test('keeps equal elements in place both ways, with NaN as the largest', () => {
    const x = tensor([2, Number.NaN, 1, 2, Number.NEGATIVE_INFINITY, 1]);
    expect([...x.argsort().data]).toEqual([4, 2, 5, 0, 3, 1]);
    expect([...x.argsort(0, { descending: true }).data]).toEqual([1, 0, 3, 2, 5, 4]);
    expect([...x.topk(2, { largest: false }).values.data]).toEqual([Number.NEGATIVE_INFINITY, 1]);
    expect([x.argmax().item(), x.argmin().item()]).toEqual([1, 1]);
  });

  test('of rows long enough for several tasks', () => {
    const values = hashUniform('long rows', 60_000);
    const sorted = tensor(values, { shape: [6, 10_000] }).sort(1).values.data;
    for (let row = 0; row < 6; row++) {
      const part = values.slice(row * 10_000, (row + 1) * 10_000).sort();
      expectBitsEqual(sorted.slice(row * 10_000, (row + 1) * 10_000), part, `row ${row}`);
    }
  });

  test('of single numbers and of nothing', () => {
    const one = tensor(3);
    expect([
      one.sort().values.item(),
      one.max(0).values.item(),
      one.max(-1).indices.item(),
      one.cumsum(0).item(),
    ]).toEqual([3, 3, 0, 3]);
    expect(zeros([2, 0]).sort().indices.shape).toEqual([2, 0]);
    expect([...zeros([0]).prod().data, ...zeros([0]).any().data, ...zeros([0]).all().data]).toEqual([1, 0, 1]);
    expect([zeros([0]).logsumexp().item(), zeros([0]).norm().item()]).toEqual([Number.NEGATIVE_INFINITY, 0]);
    expect(tensor([1]).var().item()).toBeNaN();
    expect(() => zeros([0]).amax().data).toThrow(/hold no elements to choose from/);
  });

  test('of the first greatest: it alone gets the gradient, in max of all they share it', () => {
    const x = tensor([[1, 3, 3]], { requiresGrad: true });
    const { values, indices } = x.max(1);
    expect([indices.item(), indices.dtype, indices.requiresGrad]).toEqual([1, 'i32', false]);
    values.sum().backward();
    expect([...x.grad!.data]).toEqual([0, 1, 0]);
    x.grad = null;
    x.max().backward();
    expect([...x.grad!.data]).toEqual([0, 0.5, 0.5]);
  });

  test('norms, deviations and products have finite gradients at zero', () => {
    const x = tensor([0, 0, 0], { requiresGrad: true });
    x.norm().add(x.std()).add(x.norm(3)).add(x.norm(0.5)).add(x.prod()).sum().backward();
    expect([...x.grad!.data]).toEqual([0, 0, 0]);
  });

  test('sums run in f64: a million small numbers lose nothing', () => {
    const x = tensor(new Float32Array(1_000_000).fill(0.1));
    expect(x.cumsum(0).data[999_999]).toBe(Math.fround(1_000_000 * Math.fround(0.1)));
  });

  test.each([
    { make: () => zeros([3]).topk(4), text: 'topk: k must be an integer from 0 to 3, the extent of axis -1, got 4' },
    { make: () => zeros([3]).cumsum(1), text: 'cumsum: axis 1 does not exist in a tensor of rank 1; use -1 to 0' },
    { make: () => zeros([3]).norm('nuc' as 'fro'), text: "norm: p is a number or 'fro', got nuc" },
  ])('that does not work says why: $text', ({ make, text }) => {
    expect(make).toThrow(text);
  });
});

describe('elements by number', () => {
  test('of repeated numbers add up in ascending order, and the last one is written', () => {
    // In f32 (1e8 + 1) − 1e8 = 0, but (1e8 − 1e8) + 1 = 1.
    const source = tensor([1e8, 1, -1e8]);
    expect(
      zeros([1])
        .scatterAdd(0, numbers(0, 0, 0), source)
        .item(),
    ).toBe(0);
    expect(
      zeros([1])
        .indexAdd(0, numbers(0, 0, 0), tensor([1e8, -1e8, 1]))
        .item(),
    ).toBe(1);
    expect(
      zeros([2])
        .scatter(0, numbers(1, 1), tensor([5, 6]))
        .toArray(),
    ).toEqual([0, 6]);
  });

  test('of bytes and integers', () => {
    const bytes = tensor([10, 20, 30], { dtype: 'u8' });
    expect([...bytes.indexSelect(0, numbers(2, 0)).data]).toEqual([30, 10]);
    const integers = tensor([16777217, 5], { dtype: 'i32' });
    expect([integers.take(numbers(0)).dtype, integers.take(numbers(0)).item()]).toEqual(['i32', 16777217]);
  });

  test('one-hot rows', () => {
    expect(F.oneHot(numbers(2, 0), 3).toArray()).toEqual([[0, 0, 1], [1, 0, 0]]); // biome-ignore format: a matrix
  });

  test('that do not exist are errors where they are known, and NaN or nothing where they are not', () => {
    const x = tensor([1, 2, 3]);
    const late = numbers(0, 3).to('f32').mul(1).to('i32');
    expect([...x.indexSelect(0, late).data]).toEqual([1, Number.NaN]);
    expect([...x.scatterAdd(0, numbers(0, 5).to('f32').mul(1).to('i32'), ones([2])).data]).toEqual([2, 2, 3]);
  });

  test('a table is looked up by samples, in one phase, with the bits of the whole batch', () => {
    const table = new Float32Array(hashUniform('table', 5 * 7));
    const list = Int32Array.from({ length: 12 * 3 }, (_, i) => (i * i) % 5);
    const look = (weight: Tensor, index: Tensor<'i32'>) =>
      weight
        .indexSelect(0, index.reshape([-1]))
        .reshape([12, 3, 7])
        .sum(1)
        .tanh();
    const expected = look(tensor(table, { shape: [5, 7] }), tensor(list, { shape: [12, 3], dtype: 'i32' }));
    for (const shards of [1, 3, 12]) {
      const index = inputTensor('index', { shape: [12, 3], dtype: 'i32' });
      const output = look(tensor(table, { shape: [5, 7] }), index);
      const program = programOf([index, output], { batch: 12, shards });
      program.data(index).set(list);
      program.step(0);
      expectBitsEqual(program.data(output), expected.data, `${shards} shards`);
      expect(program.phases).toBe(1);
    }
  });

  test.each([
    { make: () => zeros([3]).gather(0, numbers(3)), text: 'gather: index 3 does not exist on an axis of extent 3; use 0 to 2' }, // biome-ignore format: one line
    { make: () => zeros([3]).gather(0, numbers(-1)), text: 'gather: index -1 does not exist' },
    { make: () => zeros([3]).gather(0, tensor([1]) as never), text: "gather: expected an index of dtype i32, got f32; convert it with .to('i32')" }, // biome-ignore format: one line
    { make: () => zeros([3, 2]).gather(0, numbers(1)), text: 'gather: expected an index that fits [3, 2] on all axes but 0, got [1]' }, // biome-ignore format: one line
    { make: () => zeros([3]).scatter(0, numbers(1, 2), zeros([1])), text: 'scatter: the index [2] reaches beyond the source [1]' }, // biome-ignore format: one line
    { make: () => zeros([3]).indexSelect(0, tensor([[1]], { dtype: 'i32' })), text: 'indexSelect: expected an index of one axis, got shape [1, 1]' }, // biome-ignore format: one line
    { make: () => zeros([3, 2]).indexAdd(0, numbers(1), zeros([2])), text: 'indexAdd: expected a source of shape [1, 2], got [2]' }, // biome-ignore format: one line
    { make: () => zeros([2, 2]).take(numbers(4)), text: 'take: index 4 does not exist on an axis of extent 4' },
    { make: () => F.oneHot(numbers(1), 0), text: 'oneHot: numClasses must be an integer ≥ 1, got 0' },
    { make: () => F.oneHot(tensor([1]) as never, 2), text: 'oneHot: expected numbers of dtype i32, got f32' },
  ])('that do not work say why: $text', ({ make, text }) => {
    expect(make).toThrow(text);
  });
});

describe('matrices', () => {
  test('triangles of batches, of integers too', () => {
    const x = tensor([[1, 2], [3, 4]], { dtype: 'i32' }); // biome-ignore format: a matrix
    expect(x.tril().toArray()).toEqual([[1, 0], [3, 4]]); // biome-ignore format: a matrix
    expect(counting(3, 50, 40).tril(-50).abs().amax().item()).toBe(0);
    expect(
      counting(3, 50, 40)
        .triu(-49)
        .sub(counting(3, 50, 40))
        .abs()
        .amax()
        .item(),
    ).toBe(0);
  });

  test('products check their ranks', () => {
    expect(() => zeros([2, 2]).mm(zeros([2]))).toThrow('mm: expected two tensors of rank 2, got shapes [2, 2] and [2]');
    expect(() => zeros([2, 2, 2]).bmm(zeros([1, 2, 2]))).toThrow('bmm: expected equally many matrices');
    expect(() => zeros([2]).dot(zeros([3]))).toThrow(/matmul/);
    expect(() => zeros([2]).trace()).toThrow('trace: expected a matrix, got shape [2]');
    expect(() => zeros([2]).tril()).toThrow('tril: expected at least 2 axes, got shape [2]');
    expect(() => zeros([2, 2, 2]).diag()).toThrow('diag: expected a vector or a matrix, got shape [2, 2, 2]');
    expect(() => zeros([2, 2]).diagonal(0, 1, -1)).toThrow('diagonal: expected two axes, got 1 twice');
    expect(() => zeros([2, 2]).diag(0.5)).toThrow('diag: expected a whole number of places');
    expect(() => meshgrid([zeros([2, 2])])).toThrow('meshgrid: expected vectors, got shape [2, 2]');
  });
});

describe('einsum', () => {
  test.each([
    { equation: 'ij,jk->ik', shapes: [[2, 3]], text: 'expected 2 operands, got 1' },
    { equation: 'ij->ij', shapes: [[2]], text: "the term 'ij' does not fit the shape [2]" },
    { equation: 'ij,jk->ik', shapes: [[2, 3], [4, 2]], text: 'j has the extents 3 and 4' }, // biome-ignore format: shapes
    { equation: 'ij->ijj', shapes: [[2, 3]], text: 'a letter comes twice in the result' },
    { equation: 'ij->k', shapes: [[2, 3]], text: 'no operand has the letter k of the result' },
    { equation: 'i1->i', shapes: [[2, 3]], text: "expected letters and '...', got '1'" },
    { equation: 'i->i->i', shapes: [[2]], text: "expected one '->' at most" },
    { equation: '...i...->i', shapes: [[2]], text: "'...' comes twice in one term" },
  ])('$equation of $shapes: $text', ({ equation, shapes, text }) => {
    expect(() => einsum(equation, ...shapes.map((shape) => zeros(shape)))).toThrow(text);
  });

  test('a layer’s product has the bits of the layer, for it is the same product', () => {
    const [x, weight] = [
      tensor(hashUniform('x', 40), { shape: [8, 5] }),
      tensor(hashUniform('w', 15), { shape: [3, 5] }),
    ];
    expectBitsEqual(einsum('bi,oi->bo', x, weight).data, F.linear(x, weight).data);
    const [a, b] = [
      tensor(hashUniform('a', 60), { shape: [4, 3, 5] }),
      tensor(hashUniform('b', 40), { shape: [4, 5, 2] }),
    ];
    expectBitsEqual(einsum('bij,bjk->bik', a, b).data, a.matmul(b).data);
  });

  test('products of many matrices are cut into pieces', () => {
    const x = inputTensor('x', { shape: [40, 16, 16], dtype: 'f32' });
    expect(programOf([x, x.matmul(x)], { batch: 1 }).tasks).toBe(3);
  });
});

/** Tensors: creation, reading, conversions, broadcasting, shapes, and views of shared memory. */
import {
  arange,
  cat,
  full,
  ones,
  ShapeError,
  stack,
  type Tensor,
  TensorStateError,
  tensor,
  zeros,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

const counting = (...shape: number[]) => arange({ end: shape.reduce((a, b) => a * b, 1) }).reshape(shape);

describe('creation', () => {
  test('takes the shape of nested arrays, or a flat array with a shape', () => {
    expect(tensor([[1, 2, 3], [4, 5, 6]]).shape).toEqual([2, 3]); // biome-ignore format: a matrix
    expect(tensor(5).shape).toEqual([]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor(new Float32Array([0.1])).item()).toBe(Math.fround(0.1));
  });

  test('refuses rows of different length, naming the row and both shapes', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(
      new ShapeError('tensor: row 1 has shape [1], row 0 has [2]; all rows must be alike'),
    );
    expect(() => tensor([[1], 2])).toThrow(/row 1 has shape \[\], row 0 has \[1\]/);
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(/3 values do not fill the shape \[2, 2\]/);
    expect(() => zeros([2, -1])).toThrow(/a shape holds whole numbers of at least 0, got \[2, -1\]/);
    expect(() => zeros([1.5])).toThrow(ShapeError);
  });

  test('of constants and ranges', () => {
    expect(zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([...ones([3]).data, ...full([2], 7).data]).toEqual([1, 1, 1, 7, 7]);
    expect([...arange({ end: 4 }).data]).toEqual([0, 1, 2, 3]);
    expect([...arange({ start: 1, end: 2, step: 0.25 }).data]).toEqual([1, 1.25, 1.5, 1.75]);
    expect([...arange({ start: 3, end: 0, step: -1 }, { dtype: 'i32' }).data]).toEqual([3, 2, 1]);
    expect(arange({ start: 2, end: 1 }).shape).toEqual([0]);
    expect(() => arange({ end: 3, step: 0 })).toThrow(/step must not be 0/);
  });

  test('gives each dtype its typed array, over the shared memory', () => {
    expect(ones([2]).data).toBeInstanceOf(Float32Array);
    expect(ones([2], { dtype: 'i32' }).data).toBeInstanceOf(Int32Array);
    expect(ones([2], { dtype: 'u8' }).data).toBeInstanceOf(Uint8Array);
    expect(ones([2]).data.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([ones([2]).dtype, ones([2, 3]).rank, ones([2, 3]).size]).toEqual(['f32', 2, 6]);
  });
});

describe('reading', () => {
  test('item is the one element, and refuses more', () => {
    expect(tensor([[3]]).item()).toBe(3);
    expect(() => tensor([1, 2]).item()).toThrow(/expected a tensor of one element, got shape \[2\]/);
  });

  test('toArray nests, with empty axes too', () => {
    expect(counting(2, 1, 2).toArray()).toEqual([[[0, 1]], [[2, 3]]]);
    expect(zeros([2, 0]).toArray()).toEqual([[], []]);
    expect(tensor(4).toArray()).toBe(4);
  });

  test('prints as PyTorch does; more in golden-print.test.ts', () => {
    expect(String(tensor([[1, 2.5], [3, -4]]))).toBe('tensor([[ 1.0000,  2.5000],\n        [ 3.0000, -4.0000]])'); // biome-ignore format: a matrix
    expect(String(tensor(1, { dtype: 'i32' }))).toBe('tensor(1, dtype=i32)');
    const long = tensor(new Uint8Array(1001), { dtype: 'u8' });
    expect(String(long)).toBe('tensor([0, 0, 0,  ..., 0, 0, 0], dtype=u8)');
    const x = tensor([2], { requiresGrad: true });
    expect([String(x), String(x.square())]).toEqual([
      'tensor([2.], requiresGrad=true)',
      'tensor([4.], requiresGrad=true)',
    ]);
  });
});

describe('conversions', () => {
  test('truncate towards zero and saturate, and bytes become numbers', () => {
    expect([...tensor([1.9, -1.9, 3e10, -3e10]).to('i32').data]).toEqual([1, -1, 2147483647, -2147483648]);
    expect([...tensor([0, 255], { dtype: 'u8' }).to('f32').data]).toEqual([0, 255]);
    expect([...tensor([16777217], { dtype: 'i32' }).to('f32').data]).toEqual([16777216]);
    expect(() => tensor([1]).to('u8')).toThrow(/f32 to u8 is not supported/);
  });

  test('integers take part in arithmetic as f32', () => {
    const sum = tensor([1, 2], { dtype: 'i32' }).add(tensor([0.5, 0.5]));
    expect([sum.dtype, ...sum.data]).toEqual(['f32', 1.5, 2.5]);
  });

  test('to the same dtype keep the tensor and its gradient', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.square();
    expect([...y.to('f32').data]).toEqual([1, 4]);
    y.to('f32').sum().backward();
    expect([...x.grad!.data]).toEqual([2, 4]);
  });
});

describe('broadcasting', () => {
  test.each([
    { a: [3, 4], b: [4], shape: [3, 4] },
    { a: [3, 1], b: [1, 4], shape: [3, 4] },
    { a: [], b: [2], shape: [2] },
    { a: [2, 1, 3], b: [4, 1], shape: [2, 4, 3] },
    { a: [0, 3], b: [1, 3], shape: [0, 3] },
  ])('of $a and $b gives $shape', ({ a, b, shape }) => {
    const result = counting(...a).sub(counting(...b));
    expect(result.shape).toEqual(shape);
    expect([...result.data]).toEqual(
      [
        ...counting(...b)
          .sub(counting(...a))
          .neg().data,
      ].map((v) => v + 0),
    );
  });

  test('repeats rows, columns and single numbers', () => {
    const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect([...x.add(tensor([10, 20])).data]).toEqual([11, 22, 13, 24]);
    expect([...x.add(tensor([[10], [20]])).data]).toEqual([11, 12, 23, 24]);
    expect([...tensor(10).sub(x).data]).toEqual([9, 8, 7, 6]);
    expect([...tensor(12).div(x).data]).toEqual([12, 6, 4, 3]);
    expect([...x.mul(2).sub(1).maximum(3).minimum(6).div(2).data]).toEqual([1.5, 1.5, 2.5, 3]);
  });

  test('that does not work names both shapes and the axis', () => {
    expect(() => zeros([2, 3]).add(zeros([2, 4]))).toThrow(
      new ShapeError(
        'add: shapes [2, 3] and [2, 4] do not broadcast: axis 1 has 3 and 4; make them equal, or one of them 1',
      ),
    );
    expect(() => zeros([3]).expand([2])).toThrow(/expand: shapes \[3\] and \[2\] do not broadcast/);
    expect(() => zeros([2, 1]).expand([1])).toThrow(/\[2, 1\] cannot be expanded to \[1\]/);
  });
});

describe('shapes', () => {
  test('reshape, flatten, squeeze and unsqueeze keep the order of elements', () => {
    const x = counting(2, 3, 1);
    expect(
      [x.reshape([3, -1]), x.flatten(), x.flatten(1), x.squeeze(2), x.squeeze(0), x.unsqueeze(-1)].map((y) => y.shape),
    ).toEqual(
      [[3, 2], [6], [2, 3], [2, 3], [2, 3, 1], [2, 3, 1, 1]], // biome-ignore format: shapes
    );
    expect([...x.reshape([3, -1]).data]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(tensor(1).flatten().shape).toEqual([1]);
  });

  test('that do not fit are refused with size and shape', () => {
    expect(() => zeros([2, 3]).reshape([4])).toThrow(/reshape: 6 elements do not fit the shape \[4\]/);
    expect(() => zeros([2, 3]).reshape([-1, -1])).toThrow(/at most one extent may be -1/);
    expect(() => zeros([2, 3]).reshape([4, -1])).toThrow(/6 elements do not fit the shape \[4, -1\]/);
    expect(() => zeros([2, 3]).permute([0, 0])).toThrow(/expected each of 2 axes once, got \[0, 0\]/);
    expect(() => zeros([2, 3]).flatten(1, 0)).toThrow(/startDim 1 lies after endDim 0/);
  });

  test('permute, transpose, slice, at and cat move elements', () => {
    const x = counting(2, 3);
    expect([...x.transpose(0, 1).data]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...x.permute([1, 0]).data]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...x.slice([null, { start: -2 }]).data]).toEqual([1, 2, 4, 5]);
    expect([...x.slice([{ start: 1 }, { step: 2 }]).data]).toEqual([3, 5]);
    expect(x.slice([{ start: 2 }]).shape).toEqual([0, 3]);
    expect([...x.at(1).data, ...x.at(-2).data]).toEqual([3, 4, 5, 0, 1, 2]);
    expect([...cat([x, x.slice([{ end: 1 }])]).data]).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2]);
    expect([...cat([x, ones([2, 1])], 1).data]).toEqual([0, 1, 2, 1, 3, 4, 5, 1]);
    expect(() => cat([x, ones([1, 2])])).toThrow(/f32\[2, 3\] and f32\[1, 2\]/);
    expect(() => x.at(2)).toThrow(RangeError);
    expect(() => x.slice([{ step: 0 }])).toThrow(/slice: step must be an integer other than 0, got 0/);
  });

  test('slices and concatenations of bytes and integers keep their dtype', () => {
    const bytes = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'u8' }); // biome-ignore format: a matrix
    const right = bytes.slice([null, { start: 1 }]);
    expect([right.dtype, ...right.data]).toEqual(['u8', 2, 3, 5, 6]);
    expect([...cat([bytes, right], 1).data]).toEqual([1, 2, 3, 2, 3, 4, 5, 6, 5, 6]);
    expect([
      ...tensor([[1, 2]], { dtype: 'i32' })
        .transpose(0, 1)
        .expand([2, 2]).data,
    ]).toEqual([1, 1, 2, 2]);
  });
});

describe('memory', () => {
  test('is shared by reshapes, rows of slices and detached tensors of a stored tensor', () => {
    const x = counting(3, 2);
    void x.data;
    const views = [x.reshape([6]), x.slice([{ start: 1 }]), x.detach(), x.at(2)];
    x.data.set([10, 11, 12, 13, 14, 15]);
    expect(views.map((view) => [...view.data])).toEqual([
      [10, 11, 12, 13, 14, 15],
      [12, 13, 14, 15],
      [10, 11, 12, 13, 14, 15],
      [14, 15],
    ]);
    views[3]!.data[0] = -1;
    expect(x.data[4]).toBe(-1);
  });

  test('of a result is its own: another operation does not change it', () => {
    const x = tensor([1, 2]);
    const y = x.add(1);
    expect([...y.data]).toEqual([2, 3]);
    x.copyFrom([5, 5]);
    expect([...y.data]).toEqual([2, 3]);
  });

  test('changed in place after a lazy use is an error, not a surprise', () => {
    const x = tensor([1, 2]);
    const y = x.add(1);
    x.copyFrom([5, 5]);
    expect(() => y.data).toThrow(TensorStateError);
    expect(() => y.data).toThrow(
      /binary: an input was changed in place after it was used; read .data of the result before/,
    );
    expect([...x.add(1).data]).toEqual([6, 6]);
    expect(() => x.copyFrom([1])).toThrow(/copyFrom: expected 2 values for shape \[2\], got 1/);
  });
});

describe('indexing', () => {
  const x = counting(2, 3, 4);

  test('follows NumPy where PyTorch refuses: steps may be negative', () => {
    expect([...x.index([0, 0, { step: -1 }]).data]).toEqual([3, 2, 1, 0]);
    expect([...x.index([0, 0, { start: -2, step: -2 }]).data]).toEqual([2, 0]);
    expect([...x.index([0, 0, { start: 9, end: 0, step: -1 }]).data]).toEqual([3, 2, 1]);
    expect(x.index([null, { start: 0, end: 2, step: -1 }]).shape).toEqual([2, 0, 4]);
    expect([...x.slice([{ step: -1 }, { end: 1 }, { end: 1 }]).data]).toEqual([12, 0]);
  });

  test('of whole axes shares the memory, rows of axis 0 too', () => {
    const rows = counting(4, 2);
    rows.index([{ start: 1, end: 3 }]).data[0] = 50;
    rows.at(-1).data[1] = 70;
    expect([...rows.index(['...']).data]).toEqual([0, 1, 50, 3, 4, 5, 6, 70]);
  });

  test('takes the smallest tensors', () => {
    expect(x.index([1, 2, 3]).item()).toBe(23);
    expect(tensor(7).index(['...', 'newaxis']).toArray()).toEqual([7]);
    expect(tensor(7).index([]).item()).toBe(7);
    expect(zeros([0, 2]).index([null, 0]).shape).toEqual([0]);
  });

  test.each([
    { make: () => x.index([2]), text: 'index: element 2 does not exist on axis 0 of a tensor of shape [2, 3, 4]' },
    { make: () => x.index([0, 0, -5]), text: 'index: element -5 does not exist on axis 2' },
    { make: () => x.index([0, 0, 0, 0]), text: 'index: 4 items for a tensor of shape [2, 3, 4]' },
    { make: () => x.index(['...', '...']), text: "index: '...' may stand once" },
    { make: () => x.index([{ step: 0 }]), text: 'index: step must be an integer other than 0, got 0' },
    { make: () => x.index([{ start: 0.5 }]), text: 'index: start and end must be integers, got 0.5' },
    { make: () => x.index([0.5]), text: 'index: element 0.5 does not exist' },
    { make: () => x.select(1, 3), text: 'select: element 3 does not exist on axis 1 of a tensor of shape [2, 3, 4]' },
    { make: () => x.narrow(1, 2, 2), text: 'narrow: 2 elements from 2 do not lie within axis 1 of extent 3' },
    { make: () => x.split(0), text: 'split: the size of a piece must be an integer ≥ 1, got 0' },
    { make: () => x.split([1, 2], 2), text: 'split: sizes [1, 2] do not add up to the extent 4 of axis 2' },
    { make: () => x.chunk(1.5), text: 'chunk: the number of pieces must be an integer ≥ 1, got 1.5' },
    { make: () => x.t(), text: 't: expected at most 2 axes, got shape [2, 3, 4]' },
    { make: () => x.movedim([0, 1], 0), text: 'movedim: expected as many different places as axes, got [0, 1] to [0]' },
    { make: () => x.repeat([2, 2]), text: 'repeat: expected a count for each of 3 axes, got [2, 2]' },
    { make: () => x.roll([1, 2], 0), text: 'roll: expected a shift for each axis, got 2 for 1 axes' },
    { make: () => x.roll([1, 2]), text: 'roll: expected one shift without axes, got 2' },
    { make: () => x.roll(0.5), text: 'roll: shifts must be integers, got [0.5]' },
    { make: () => stack([ones([2]), ones([3])]), text: 'stack: expected tensors of one shape, got [2] and [3]' },
    { make: () => stack([]), text: 'stack: expected at least one tensor' },
    { make: () => x.flip(3), text: 'flip: axis 3 does not exist in a tensor of rank 3; use -3 to 2' },
  ])('that does not work says why: $text', ({ make, text }) => {
    expect(make).toThrow(text);
  });

  test('bytes and integers move like floats', () => {
    const bytes = tensor([[1, 2, 3], [4, 5, 6]], { dtype: 'u8' }); // biome-ignore format: a matrix
    const moved = stack([bytes.flip(1), bytes.roll(1, 0)]).index([null, 0]);
    expect([moved.dtype, ...moved.data]).toEqual(['u8', 3, 2, 1, 4, 5, 6]);
    expect([...tensor([1, -2], { dtype: 'i32' }).repeat([2]).data]).toEqual([1, -2, 1, -2]);
  });
});

test('whole-batch moves of large tensors are cut into pieces that any worker can take', () => {
  const x = counting(60, 300);
  const same = (a: Tensor, b: Tensor) => expect(a.sub(b).abs().max().item()).toBe(0);
  same(x.flip([0, 1]).flip([0, 1]), x);
  same(x.roll([7, -31], [0, 1]).roll([-7, 31], [0, 1]), x);
  same(cat([x.t(), x.t()]).t(), x.repeat([1, 2]));
  const leaf = counting(200, 100);
  const y = tensor(leaf.data, { shape: [200, 100], requiresGrad: true });
  y.index([{ start: -3, step: -7 }, { step: 9 }])
    .sum()
    .backward();
  const expected = zeros([200, 100]);
  for (let i = 197; i >= 0; i -= 7) for (let j = 0; j < 100; j += 9) expected.data[100 * i + j] = 1;
  same(y.grad!, expected);
});

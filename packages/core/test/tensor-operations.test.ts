/** Reductions, products, empty tensors, and errors that name the layer, what was expected and what came. */
import {
  arange,
  crossEntropy,
  F,
  inputTensor,
  mseLoss,
  nn,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';

const counting = (...shape: number[]) => arange({ end: shape.reduce((a, b) => a * b, 1) }).reshape(shape);

describe('reductions', () => {
  test('run over axes counted from either end', () => {
    const x = counting(2, 3);
    expect([x.sum().item(), ...x.sum(0).data, ...x.mean(-1).data]).toEqual([15, 3, 5, 7, 1, 4]);
    expect([...x.amax(1).data, ...x.argmax(1).data, x.argmax().item()]).toEqual([2, 5, 2, 2, 5]);
    expect(x.sum([0, 1], { keepDims: true }).shape).toEqual([1, 1]);
    expect(x.argmax(0).dtype).toBe('i32');
    expect([...tensor([1, 3, 3]).argmax(0, { keepDims: true }).data]).toEqual([1]);
  });

  test('of nothing: the sum is 0, the mean NaN, and there is no maximum', () => {
    expect(zeros([0]).sum().item()).toBe(0);
    expect(zeros([0]).mean().item()).toBeNaN();
    expect(() => zeros([0, 2]).amax(0).data).toThrow(/max: .*\[0, 2\]/);
    expect(() => zeros([0]).argmax().data).toThrow(/argmax: .*\[0\]/);
    expect(zeros([0, 2]).amax(1).shape).toEqual([0]);
  });

  test('refuse axes that do not exist or come twice', () => {
    expect(() => zeros([2, 3]).sum(2)).toThrow(/sum: axis 2 does not exist in a tensor of rank 2; use -2 to 1/);
    expect(() => zeros([2, 3]).mean([1, -1])).toThrow(/mean: axes \[1, -1\] name an axis twice/);
  });
});

describe('masks and choices', () => {
  test('masks are f32 zeros and ones, with no gradient, and compare with broadcasting', () => {
    const x = tensor([[1, 2], [3, 4]], { requiresGrad: true }); // biome-ignore format: a matrix
    const mask = x.gt(tensor([1, 3]));
    expect([mask.dtype, mask.requiresGrad, ...mask.data]).toEqual(['f32', false, 0, 0, 1, 1]);
    expect([...tensor(2).lt(x).data]).toEqual([0, 0, 1, 1]);
    expect([...tensor([1, 2], { dtype: 'i32' }).eq(2).data]).toEqual([0, 1]);
    expect([x.ge(2).mean().item(), x.ge(2).sum().item()]).toEqual([0.75, 3]);
  });

  test('what is not chosen may be anything, in the gradient too', () => {
    const x = tensor([-1, 4], { requiresGrad: true });
    const y = x.sqrt().where(x.ge(0), 0);
    expect([...y.data]).toEqual([0, 2]);
    const safe = where(x.ge(0), x, 1);
    safe.sqrt().where(x.ge(0), 0).sum().backward();
    expect([...x.grad!.data]).toEqual([0, 0.25]);
  });

  test('conditions of any dtype hold where they are not 0, NaN too', () => {
    const x = tensor([1, 2, 3]);
    expect([...x.where(tensor([0, 7, 255], { dtype: 'u8' }), -1).data]).toEqual([-1, 2, 3]);
    expect([...where(tensor([Number.NaN, -0, 1e-40]), x, 0).data]).toEqual([1, 0, 3]);
    expect([...x.maskedFill(tensor([0, -1, 0], { dtype: 'i32' }), Number.NEGATIVE_INFINITY).data]).toEqual([1, Number.NEGATIVE_INFINITY, 3]); // biome-ignore format: one line
  });

  test('a range needs a limit', () => {
    expect(() => tensor([1]).clamp({})).toThrow('clamp: expected min, max or both');
    expect(() => where(zeros([2]), zeros([3]), 0)).toThrow(/where: shapes \[2\] and \[3\] do not broadcast/);
    expect([...tensor([1, 5]).fmod(Number.POSITIVE_INFINITY).data]).toEqual([1, 5]);
  });
});

describe('products', () => {
  test('are PyTorch’s for vectors, matrices and batches', () => {
    const [a, b] = [counting(2, 3), counting(3, 2)];
    expect([...a.matmul(b).data]).toEqual([10, 13, 28, 40]);
    expect([...a.matmul(tensor([1, 1, 1])).data, ...tensor([1, 1]).matmul(a).data]).toEqual([3, 12, 3, 5, 7]);
    expect(
      tensor([1, 2])
        .matmul(tensor([3, 4]))
        .item(),
    ).toBe(11);
    expect(counting(2, 2, 3).matmul(b).shape).toEqual([2, 2, 2]);
    expect([...zeros([2, 0]).matmul(zeros([0, 2])).data]).toEqual([0, 0, 0, 0]);
  });

  test('whose shapes do not fit name them', () => {
    expect(() => zeros([2, 3]).matmul(zeros([2, 3]))).toThrow(
      /matmul: expected an input of shape \[…, 2\], got \[2, 3\]/,
    );
    expect(() => zeros([2, 2, 3]).matmul(zeros([2, 2, 3]))).toThrow(
      /inner extents 3 and 2 of \[2, 2, 3\] and \[2, 2, 3\]/,
    );
    expect(() => tensor(1).matmul(zeros([1]))).toThrow(/both tensors need at least one axis/);
  });
});

describe('gradients and changes in place', () => {
  test('a value changed between forward and backward is an error, not a wrong gradient', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.square();
    void y.data;
    x.copyFrom([5, 5]);
    expect(() => y.sum().backward()).toThrow(/backward: an input of unary was changed in place after it was used/);
    expect(x.grad).toBeNull();
    x.square().sum().backward();
    expect([...x.grad!.data]).toEqual([10, 10]);
  });

  test.each([
    { view: 'reshape', write: (x: Tensor) => x.reshape([2, 2]).copyFrom([5, 6, 7, 8]) },
    { view: 'rows of a slice', write: (x: Tensor) => x.slice([{ start: 1, end: 3 }]).copyFrom([5, 6]) },
    { view: 'detach', write: (x: Tensor) => x.detach().copyFrom([5, 6, 7, 8]) },
    { view: 'another view', write: (x: Tensor) => x.reshape([4, 1]).reshape([2, 2]).copyFrom([5, 6, 7, 8]) },
  ])('a write through a view ($view) is a write to what it views', ({ write }) => {
    const x = tensor([1, 2, 3, 4], { requiresGrad: true });
    const [lazy, view] = [x.mul(2), x.reshape([4, 1]).mul(2)];
    const y = x.square();
    void y.data;
    write(x);
    expect(() => lazy.data).toThrow(/binary: an input was changed in place after it was used/);
    expect(() => view.data).toThrow(/binary: an input was changed in place after it was used/);
    expect(() => y.sum().backward()).toThrow(/backward: an input of unary was changed in place/);
    expect(x.mul(2).data[1]).toBeGreaterThan(9);
  });

  test('a write to one tensor is none to what was computed meanwhile', () => {
    const [x, other] = [tensor([1, 2]), tensor([0])];
    const y = x.add(1);
    const z = y.mul(2);
    other.copyFrom([3]);
    void y.data;
    expect([...z.data]).toEqual([4, 6]);
  });

  test('only f32 tensors can require a gradient', () => {
    expect(() => tensor([1], { dtype: 'i32', requiresGrad: true })).toThrow(
      /only f32 tensors can require a gradient, got i32/,
    );
  });
});

describe('empty tensors', () => {
  test('go through layers, softmax and products, and give gradients of zeros', () => {
    const linear = new nn.Linear(3, 2);
    const y = linear.forward(zeros([0, 3]));
    expect(y.shape).toEqual([0, 2]);
    y.sum().backward();
    expect([...linear.weight.grad!.data, ...linear.bias!.grad!.data]).toEqual(new Array(8).fill(0));
    const conv = new nn.Conv2d(1, 2, 2);
    const pooled = F.maxPool2d(conv.forward(zeros([0, 1, 5, 5])), { kernelSize: 2 });
    expect(pooled.shape).toEqual([0, 2, 2, 2]);
    pooled.sum().backward();
    expect([...conv.weight.grad!.data]).toEqual(new Array(8).fill(0));
    for (const shape of [[0, 3], [3, 0], [0]]) expect(zeros(shape).softmax().data.length).toBe(0); // biome-ignore format: shapes
  });

  test('multiply to zeros, both ways, where the summed axis is empty', () => {
    const [a, b] = [
      tensor([], { shape: [2, 0], requiresGrad: true }),
      tensor([], { shape: [0, 3], requiresGrad: true }),
    ];
    const c = a.matmul(b);
    expect([...c.data]).toEqual([0, 0, 0, 0, 0, 0]);
    c.sum().backward();
    expect([a.grad!.shape, b.grad!.shape]).toEqual([[2, 0], [0, 3]]); // biome-ignore format: shapes
  });
});

describe('errors of layers and losses name the layer, what was expected and what came', () => {
  test.each([
    {
      make: () => new nn.Linear(4, 2).forward(zeros([3, 5])),
      text: 'Linear(4, 2): expected an input of shape […, 4], got [3, 5]',
    },
    {
      make: () => new nn.Conv2d(3, 8, 3).forward(zeros([2, 1, 8, 8])),
      text: 'Conv2d(3, 8, kernel 3×3): expected an input of shape [B, 3, H, W] or [3, H, W], got [2, 1, 8, 8]',
    },
    {
      make: () => new nn.Conv2d(3, 8, 3).forward(zeros([2, 3, 2, 8])),
      text: 'a kernel of 3×3 (stride 1×1, padding 0×0, dilation 1×1) does not fit an input of 2×8 pixels',
    },
    {
      make: () => new nn.MaxPool2d(2).forward(zeros([1, 1, 1, 4])),
      text: 'MaxPool2d(2×2): a window of 2×2 does not fit an input of 1×4 pixels',
    },
    {
      make: () => F.maxPool2d(zeros([4, 4]), { kernelSize: 2 }),
      text: 'maxPool2d: expected an input of shape [B, C, H, W] or [C, H, W], got [4, 4]',
    },
    {
      make: () => F.linear(zeros([1, 2]), zeros([3, 2]), { bias: zeros([2]) }),
      text: 'linear: expected a bias of shape [3], got [2]',
    },
    { make: () => F.linear(zeros([1, 2]), zeros([2])), text: 'linear: expected a matrix, got shape [2]' },
    {
      make: () => F.conv2d(zeros([1, 1, 3, 3]), zeros([2, 1, 3, 3]), { bias: zeros([3]) }),
      text: 'conv2d: expected a bias of shape [2], got [3]',
    },
    {
      make: () => F.conv2d(zeros([1, 4, 3, 3]), zeros([3, 2, 1, 1]), { groups: 2 }),
      text: 'conv2d: groups 2 must divide the 3 output channels of the weight [3, 2, 1, 1]',
    },
    {
      make: () => mseLoss(zeros([2]), zeros([2, 1])),
      text: 'mseLoss: input [2] and target [2, 1] must have one shape',
    },
    {
      make: () => crossEntropy(zeros([2, 3]), zeros([2])),
      text: 'crossEntropy: expected logits f32 [B, C] and targets i32 [B], got f32 [2, 3] and f32 [2]',
    },
  ])('$text', ({ make, text }) => {
    let error: unknown;
    try {
      make();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toContain(text);
  });

  test('padding beyond half a window, and sizes that are no integers, are RangeErrors', () => {
    expect(() => new nn.AvgPool2d(2, { padding: 2 }).forward(zeros([1, 1, 4, 4]))).toThrow(
      /padding must be at most half the kernel size, got 2×2 for 2×2/,
    );
    expect(() => F.conv2d(zeros([1, 1, 3, 3]), zeros([1, 1, 3, 3]), { stride: 0 })).toThrow(
      /conv2d: stride must be an integer ≥ 1 or two of them, got 0/,
    );
  });
});

test('a traced tensor has no values yet, and backward needs one number and something to differentiate', () => {
  expect(() => inputTensor('x', { shape: [2], dtype: 'f32' }).add(1).data).toThrow(
    /exists only while a model is traced/,
  );
  expect(() => tensor([1, 2], { requiresGrad: true }).mul(2).backward()).toThrow(
    /expected one number, got shape \[2\]/,
  );
  expect(() => tensor(1).backward()).toThrow(/does not depend on anything that requires a gradient/);
  const x = tensor([1, 2], { requiresGrad: true });
  expect(() => x.mul(2).backward(ones([3]))).toThrow(/backward: expected a gradient of shape \[2\], got \[3\]/);
});

test('a chain of 3000 lazy operations does not overflow the stack', () => {
  let x = tensor([0], { requiresGrad: true });
  const leaf = x;
  for (let i = 0; i < 3000; i++) x = x.add(1);
  expect(x.item()).toBe(3000);
  x.backward();
  expect(leaf.grad!.item()).toBe(1);
});

/** Containers, hooks, frozen and shared parameters, descriptions: what modules do beside computing. */
import { crossEntropy, F, inputTensor, manualSeed, nn, SGD, type Tensor, tensor, traceWith } from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

const values = (name: string, shape: readonly number[]) =>
  tensor(
    hashUniform(
      name,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );

class Mixed extends nn.Module {
  readonly blocks = new nn.ModuleList([new nn.Linear(4, 4), new nn.LayerNorm(4)]);
  readonly heads = new nn.ModuleDict({ a: new nn.Linear(4, 2), b: new nn.Linear(4, 3, { bias: false }) });
  readonly scales = new nn.ParameterList([new nn.Parameter(tensor([1, 2])), new nn.Parameter(tensor([[3]]))]);
  override forward(x: Tensor): Tensor {
    const inner = [...this.blocks].reduce((y, block) => block.forward(y), x);
    return this.heads.get('a')!.forward(inner).mul(this.scales.at(0)!).mul(this.scales.at(-1)!);
  }
}

describe('containers', () => {
  test('name what they hold as PyTorch does, in order', () => {
    expect(Object.keys(new Mixed().stateDict())).toEqual([
      ...['blocks.0.weight', 'blocks.0.bias', 'blocks.1.weight', 'blocks.1.bias'],
      ...['heads.a.weight', 'heads.a.bias', 'heads.b.weight', 'scales.0', 'scales.1'],
    ]);
  });

  test('grow and shrink', () => {
    const list = new nn.ModuleList().append(new nn.ReLU()).extend([new nn.Identity()]).insert(0, new nn.Flatten());
    expect([...list].map((module) => module.constructor.name)).toEqual(['Flatten', 'ReLU', 'Identity']);
    expect([list.length, list.at(-1)!.constructor.name]).toEqual([3, 'Identity']);
    const dict = new nn.ModuleDict([['x', new nn.ReLU()]]).set('y', new nn.Identity());
    expect([dict.size, [...dict.keys()], dict.has('y'), dict.delete('x'), dict.delete('x'), dict.size]).toEqual([
      ...[2, ['x', 'y'], true, true, false, 1],
    ]);
    const parameters = new nn.ParameterList().append(new nn.Parameter(tensor([1]))).extend([]);
    expect([parameters.length, [...parameters][0]!.item()]).toEqual([1, 1]);
  });

  test('have no forward of their own', () => {
    for (const container of [new nn.ModuleList(), new nn.ModuleDict(), new nn.ParameterList()])
      expect(() => container.forward()).toThrow(TypeError);
  });

  test('switch modes, are counted, visited from the leaves up, and listed', () => {
    const model = new Mixed();
    const seen: string[] = [];
    expect(model.apply((module) => seen.push(module.constructor.name))).toBe(model);
    expect(seen).toEqual([
      ...['Linear', 'LayerNorm', 'ModuleList', 'Linear', 'Linear', 'ModuleDict', 'ParameterList', 'Mixed'],
    ]);
    expect(model.numel()).toBe(20 + 8 + 10 + 12 + 3);
    expect(model.children().map((module) => module.constructor.name)).toEqual([
      ...['ModuleList', 'ModuleDict', 'ParameterList'],
    ]);
    expect(model.modules().length).toBe(8);
    model.eval();
    expect(model.modules().every((module) => !module.training)).toBe(true);
  });

  test('print as PyTorch prints them', () => {
    expect(String(new Mixed())).toBe(`Mixed(
  (blocks): ModuleList(
    (0): Linear(in_features=4, out_features=4, bias=True)
    (1): LayerNorm((4,), eps=1e-05, elementwise_affine=True)
  )
  (heads): ModuleDict(
    (a): Linear(in_features=4, out_features=2, bias=True)
    (b): Linear(in_features=4, out_features=3, bias=False)
  )
  (scales): ParameterList(
    (0): Parameter containing: [float32 of size 2]
    (1): Parameter containing: [float32 of size 1x1]
  )
)`);
    const chain = new nn.Sequential(new nn.Conv2d(3, 4, 3, { padding: 1 }), new nn.BatchNorm2d(4), new nn.ReLU());
    expect(String(chain)).toBe(`Sequential(
  (0): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (1): BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
  (2): ReLU()
)`);
    expect(`${new nn.Flatten()} ${new nn.Dropout(0.25)} ${new nn.Identity()}`).toBe(
      'Flatten(start_dim=1, end_dim=-1) Dropout(p=0.25, inplace=False) Identity()',
    );
    const activations = [
      ...[new nn.LeakyReLU({ negativeSlope: 0.2 }), new nn.PReLU(), new nn.ELU(), new nn.GELU(), new nn.Hardtanh()],
      ...[new nn.Softplus(), new nn.Softmax(1), new nn.LogSoftmax(1), new nn.GLU(), new nn.Softshrink(), new nn.SiLU()],
    ];
    expect(activations.map(String)).toEqual([
      ...['LeakyReLU(negative_slope=0.2)', 'PReLU(num_parameters=1)', 'ELU(alpha=1.0)', "GELU(approximate='none')"],
      ...['Hardtanh(min_val=-1.0, max_val=1.0)', 'Softplus(beta=1, threshold=20)', 'Softmax(dim=1)'],
      ...['LogSoftmax(dim=1)', 'GLU(dim=-1)', 'Softshrink(0.5)', 'SiLU()'],
    ]);
  });
});

describe('forward hooks', () => {
  test('see inputs and outputs in the order of registration, until they are removed', () => {
    const layer = new nn.Linear(3, 2);
    const x = values('hook', [4, 3]);
    const plain = [...layer.forward(x).data];
    const seen: unknown[] = [];
    const first = layer.registerForwardHook((module, inputs, output) => {
      seen.push(['first', module === layer, inputs[0] === x, output.shape]);
    });
    const second = layer.registerForwardHook(() => void seen.push('second'));
    expect([...new nn.Sequential(layer).forward(x).data]).toEqual(plain);
    expect(seen).toEqual([['first', true, true, [4, 2]], 'second']);
    first.remove();
    first.remove();
    layer.forward(x);
    second.remove();
    layer.forward(x);
    expect(seen.length).toBe(3);
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
  });

  test('may replace the output, through which gradients flow', () => {
    const layer = new nn.ReLU();
    const x = tensor([1, -2], { requiresGrad: true });
    layer.registerForwardHook((_module, _inputs, output) => output.mul(3));
    const y = layer.forward(x);
    y.sum().backward();
    expect([[...y.data], [...x.grad!.data]]).toEqual([[3, 0], [3, 0]]); // biome-ignore format: pairs
  });

  test('run once in a trace, on symbolic tensors', () => {
    const layer = new nn.Linear(3, 2);
    const shapes: unknown[] = [];
    layer.registerForwardHook((_module, _inputs, output) => void shapes.push(output.shape));
    traceWith(0, () => layer.forward(inputTensor('x', { shape: [5, 3], dtype: 'f32' })));
    expect(shapes).toEqual([[5, 2]]);
  });
});

describe('frozen parameters', () => {
  test('get no gradient, and what comes before them still does', () => {
    const [first, frozen] = [new nn.Linear(3, 3), new nn.Linear(3, 2).requiresGrad(false)];
    frozen
      .forward(first.forward(values('x', [2, 3])))
      .square()
      .sum()
      .backward();
    expect(frozen.parameters().map(({ grad }) => grad)).toEqual([null, null]);
    expect(first.weight.grad!.shape).toEqual([3, 3]);
    expect(
      frozen
        .requiresGrad()
        .parameters()
        .every(({ requiresGrad }) => requiresGrad),
    ).toBe(true);
    expect(frozen.forward(values('x', [2, 3])).requiresGrad).toBe(true);
  });

  test('of a pretrained table stay as they are, unless it is not frozen; the table is copied', () => {
    const table = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    const frozen = nn.Embedding.fromPretrained(table);
    const thawed = nn.Embedding.fromPretrained(table, { freeze: false, paddingIdx: -1 });
    table.copyFrom([0, 0, 0, 0]);
    expect([frozen.weight.requiresGrad, thawed.weight.requiresGrad, thawed.paddingIdx]).toEqual([false, true, 1]);
    expect([...frozen.forward(tensor([1], { dtype: 'i32' })).data]).toEqual([3, 4]);
  });
});

/** One table as embedding and as the weight of the output layer. */
class Tied extends nn.Module {
  readonly embedding = new nn.Embedding(5, 6);
  readonly norm = new nn.LayerNorm(6);
  readonly tied = this.embedding.weight;
  override forward(x: Tensor): Tensor {
    const rows = this.embedding.forward(x.to('i32'));
    return F.linear(this.norm.forward(rows.mean(1)), this.tied);
  }
}

function tiedModel(): Model {
  manualSeed(3);
  const module = new Tied();
  const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
  // Token numbers from the values in ±1 of the run's inputs.
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x.add(1).mul(2.49)), targets);
  return { module, shape: [7], loss, optimizer };
}

describe('a shared parameter', () => {
  test('has one name, and its gradients add', () => {
    const model = new Tied();
    expect(Object.keys(model.stateDict())).toEqual(['tied', 'norm.weight', 'norm.bias']);
    expect(model.parameters().length).toBe(3);
    const x = tensor([[0, 1], [1, 3]]); // biome-ignore format: a matrix
    model.forward(x).square().sum().backward();
    const both = [...model.tied.grad!.data];
    const apart = (keep: 'embedding' | 'output') => {
      model.tied.grad = null;
      const copy = model.tied.detach();
      const rows = F.embedding(x.to('i32'), keep === 'embedding' ? model.tied : copy);
      F.linear(model.norm.forward(rows.mean(1)), keep === 'output' ? model.tied : copy)
        .square()
        .sum()
        .backward();
      return [...model.tied.grad!.data];
    };
    const [one, other] = [apart('embedding'), apart('output')];
    for (const [i, value] of both.entries()) expect(value).toBeCloseTo(one[i]! + other[i]!, 5);
  });

  test('trains to the bits of eager steps for any number of shards', () => {
    const expected = trainEager(tiedModel());
    for (const shards of [1, 3, 7]) expectBitsEqual(trainCompiled(tiedModel(), { shards }), expected, `${shards}`);
  });
});

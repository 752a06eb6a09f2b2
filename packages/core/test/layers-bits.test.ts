/** Layers in training: the same bits for any cut of the batch and any order of tasks, compiled or eager. */
import { cat, crossEntropy, F, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

/** Every normalisation of single samples: weight gradients are sums over the whole batch. */
class NormNet extends nn.Module {
  readonly conv = new nn.Conv2d(2, 6, 3, { padding: 1 });
  readonly group = new nn.GroupNorm(3, 6);
  readonly instance = new nn.InstanceNorm2d(6, { affine: true, trackRunningStats: true });
  readonly image = new nn.LayerNorm([6, 5, 5]);
  readonly fc = new nn.Linear(150, 21);
  readonly row = new nn.LayerNorm(21);
  readonly rms = new nn.RMSNorm([3, 7]);
  readonly out = new nn.Linear(21, 5);
  override forward(x: Tensor): Tensor {
    const image = this.instance.forward(this.group.forward(this.conv.forward(x)).relu());
    const row = this.row.forward(this.fc.forward(this.image.forward(image).flatten(1)).relu());
    return this.out.forward(this.rms.forward(row.reshape([-1, 3, 7])).flatten(1));
  }
}

/** Sequences and images, up and down in size, every kind of padding and pooling. */
class ShapeNet extends nn.Module {
  readonly sequence = new nn.Conv1d(2, 6, 4, { padding: 'same', groups: 2 });
  readonly up1 = new nn.ConvTranspose1d(6, 4, 3, { stride: 2, padding: 1 });
  readonly down1 = new nn.MaxPool1d(2, { stride: 2, ceilMode: true });
  readonly image = new nn.Conv2d(4, 16, 3, { padding: 1, paddingMode: 'reflect' });
  readonly up2 = new nn.ConvTranspose2d(16, 18, 3, { stride: 1, padding: 1 });
  readonly grouped = new nn.ConvTranspose2d(18, 6, 2, { stride: 2, groups: 3, bias: false });
  readonly pad = new nn.ReplicationPad2d([1, 0, 2, 1]);
  readonly mean = new nn.AdaptiveAvgPool2d([4, 3]);
  readonly most = new nn.AdaptiveMaxPool2d([3, 2]);
  readonly out = new nn.Linear(36, 5);
  override forward(x: Tensor): Tensor {
    const rows = this.down1.forward(this.up1.forward(this.sequence.forward(x.flatten(2)).relu()));
    const image = this.up2.forward(this.image.forward(rows.reshape([-1, 4, 5, 5])).relu());
    const small = this.mean.forward(this.pad.forward(this.grouped.forward(image).relu()));
    return this.out.forward(this.most.forward(small).flatten(1));
  }
}

/** Token numbers through tables, resampled up and down, shuffled, and compared; a frozen layer between. */
class TableNet extends nn.Module {
  readonly tokens = new nn.Embedding(40, 6, { paddingIdx: 0 });
  readonly bags = new nn.EmbeddingBag(40, 12, { mode: 'max' });
  readonly frozen = new nn.Linear(6, 6).requiresGrad(false);
  readonly up = new nn.Upsample({ scaleFactor: 1.5, mode: 'bilinear' });
  readonly shuffle = new nn.Sequential(new nn.PixelShuffle(2), new nn.PixelUnshuffle(4), new nn.ChannelShuffle(4));
  readonly pair = new nn.Bilinear(48, 12, 7);
  readonly out = new nn.Linear(8, 5);
  override forward(x: Tensor): Tensor {
    const numbers = x.add(1).mul(19.9).to('i32');
    const rows = this.frozen.forward(this.tokens.forward(numbers));
    const image = this.up.forward(rows.reshape([-1, 12, 8, 4]).relu());
    const small = F.adaptiveAvgPool2d(this.shuffle.forward(image), 1).flatten(1);
    const bag = this.bags.forward(numbers);
    const pair = this.pair.forward(small, bag);
    return this.out.forward(cat([pair, F.cosineSimilarity(small.slice([null, { end: 12 }]), bag).unsqueeze(1)], 1));
  }
}

function modelOf(make: () => nn.Module, shape: readonly number[]): Model {
  manualSeed(3);
  const module = make();
  const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape, loss, optimizer };
}

const models: readonly { readonly name: string; readonly model: () => Model }[] = [
  { name: 'normalisation', model: () => modelOf(() => new NormNet(), [2, 5, 5]) },
  { name: 'convolution, pooling and padding', model: () => modelOf(() => new ShapeNet(), [2, 5, 5]) },
  { name: 'tables and resampling', model: () => modelOf(() => new TableNet(), [64]) },
];

describe.each(models)('$name', ({ model }) => {
  const expected = trainEager(model());

  test.each([1, 3, 7])('has the bits of eager steps for %i shards', (shards) => {
    expectBitsEqual(trainCompiled(model(), { shards }), expected, `${shards} shards`);
  });

  test('does not depend on the order of tasks', () => {
    const backwards = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
    expectBitsEqual(trainCompiled(model(), { shards: 4, order: backwards, fused: true }), expected);
    expect(expected.every(Number.isFinite)).toBe(true);
  });
});

/** Networks on sequences in the training loop: the same weights for any workers and shards, no barrier inside a pass, and they learn. */
import { arange, F, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { planStep } from '../src/train/plan.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const [steps, features] = [6, 5];

/** Sequences of three classes by their frequency; the last number of a step's features is how many steps count. */
const data: FeatureDataset = (() => {
  const labels = Array.from({ length: 22 }, (_, i) => i % 3);
  const values = labels.flatMap((label, i) =>
    Array.from({ length: steps * features }, (_, j) => {
      const [t, f] = [Math.floor(j / features), j % features];
      if (f === features - 1) return 3 + (i % 4);
      return Math.sin((label + 1) * (t + 0.3 * f) + i) + 0.2 * Math.sin(31 * i + 17 * j);
    }),
  );
  return arrayDataset({ features: values, labels, shape: [steps, features] });
})();

/** Class scores from what the body makes of a sequence [B, T, F] and its lengths. */
abstract class Classifier extends nn.Module {
  abstract readonly head: nn.Linear;
  protected abstract body(x: Tensor, lengths: Tensor<'i32'>): Tensor;

  override forward(x: Tensor): Tensor {
    const lengths = x
      .slice([null, { end: 1 }, { start: features - 1 }])
      .flatten()
      .to('i32');
    return this.head.forward(this.body(x.slice([null, null, { end: features - 1 }]), lengths));
  }
}

class Lstm extends Classifier {
  readonly lstm = new nn.LSTM(4, 6, { numLayers: 2, dropout: 0.2, bidirectional: true });
  readonly head = new nn.Linear(24, 3);
  protected override body(x: Tensor, lengths: Tensor<'i32'>): Tensor {
    const { hidden, output, cell } = this.lstm.forward(x, { lengths });
    const pooled = output.mean(1).add(cell.slice([null, { start: 2 }]).flatten(1));
    return pooled.reshape([x.shape[0]!, 1, 12]).expand([x.shape[0]!, 2, 12]).flatten(1).add(hidden.flatten(1));
  }
}

class Gru extends Classifier {
  readonly gru = new nn.GRU(4, 7, { numLayers: 2 });
  readonly head = new nn.Linear(14, 3);
  protected override body(x: Tensor, lengths: Tensor<'i32'>): Tensor {
    return this.gru.forward(x, { lengths }).hidden.flatten(1);
  }
}

class Rnn extends Classifier {
  readonly rnn = new nn.RNN(4, 9, { nonlinearity: 'relu' });
  readonly head = new nn.Linear(9, 3);
  protected override body(x: Tensor): Tensor {
    return this.rnn.forward(x).hidden.flatten(1);
  }
}

class Attention extends Classifier {
  readonly inner = new nn.Linear(4, 12);
  readonly self = new nn.MultiheadAttention(12, 3, { dropout: 0.2 });
  readonly head = new nn.Linear(12, 3);
  protected mixed(output: Tensor, rows: Tensor): Tensor {
    return output.add(rows);
  }
  protected override body(x: Tensor, lengths: Tensor<'i32'>): Tensor {
    const rows = this.inner.forward(x);
    const steps = arange({ end: 6 }).reshape([1, 6]);
    const padding = lengths.reshape([-1, 1]).sub(steps).neg().add(1).relu().to('i32');
    const { output } = this.self.forward(rows, rows, rows, { keyPaddingMask: padding, isCausal: true });
    return this.mixed(output, rows).mean(1);
  }
}

class CrossAttention extends Attention {
  readonly cross = new nn.MultiheadAttention(12, 2);
  protected override mixed(output: Tensor, rows: Tensor): Tensor {
    return this.cross.forward(output, rows).output.add(rows);
  }
}

class Transformer extends Classifier {
  readonly inner = new nn.Linear(4, 8);
  readonly encoder = new nn.TransformerEncoder(
    () => new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, normFirst: true, activation: 'gelu' }),
    2,
    { norm: new nn.LayerNorm(8) },
  );
  readonly head = new nn.Linear(8, 3);
  protected override body(x: Tensor): Tensor {
    const rows = this.inner.forward(x).add(F.sinusoidalPositions(steps, 8));
    return this.encoder.forward(rows, { isCausal: true }).mean(1);
  }
}

const networks: Record<string, () => nn.Module> = {
  LSTM: () => new Lstm(),
  GRU: () => new Gru(),
  RNN: () => new Rnn(),
  Transformer: () => new Transformer(),
  'MultiheadAttention of one input': () => new Attention(),
  'MultiheadAttention of two inputs': () => new CrossAttention(),
};

async function run(build: () => nn.Module, options: Partial<TrainOptions> = {}): Promise<string> {
  manualSeed(9);
  const model = build();
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  await train({ model, optimizer, data, epochs: 2, batchSize: 10, seed: 7, ...options });
  return weightsHash(model);
}

const pools = [new InlinePool(), new NodePool({ workers: 2 }), new NodePool({ workers: 3 })];
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

describe.each(Object.entries(networks))('%s', (name, build) => {
  test('leaves the same weights for 1, 2 and 3 workers and 1, 3 and 7 shards', async () => {
    const hashes: Record<string, string> = {};
    for (const pool of pools)
      for (const shards of [1, 3, 7])
        hashes[`${pool.workers} workers, ${shards} shards`] = await run(build, { pool, shards });
    const names = Object.keys(hashes);
    expect(names.length).toBe(9);
    expect(hashes).toEqual(Object.fromEntries(names.map((name) => [name, hashes[names[0]!]])));
  });

  test('learns: the loss of the last of 40 epochs is below that of the first', async () => {
    const losses: number[] = [];
    const onEvent: TrainOptions['onEvent'] = (event) => {
      if (event.type === 'epoch') losses.push(event.trainLoss);
    };
    await run(build, { epochs: 40, onEvent });
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  });

  test('runs forward and backward in one phase of shards, before the gradients of weights', () => {
    const model = build();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const { phases, labels } = planStep({ model, optimizer, inputShape: [steps, features], batchSize: 16 });
    const walks = labels!.ops.filter(({ op }) => op.startsWith('recurrent') || op.startsWith('attention'));
    // Parts of a weight are packed anew each step: what comes before that, and then their gradients, have phases of their own.
    const parts = name.endsWith('two inputs');
    expect(phases.length).toBeLessThan(parts ? 7 : 5);
    expect(walks.length).toBeGreaterThan(1);
    expect(new Set(walks.map(({ phase }) => phase)).size).toBe(parts ? 2 : 1);
  });
});

/** Networks on sequences as training programs: the bits of eager computation, for any shards, order of tasks and hostile scratch. */
import { crossEntropy, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

const [steps, features] = [5, 7];

/** Every result of the layers counts, and every state is given. */
class Walks extends nn.Module {
  readonly lstm = new nn.LSTM(features, 5, { numLayers: 2, dropout: 0.3, bidirectional: true });
  readonly gru = new nn.GRU(10, 5, { bidirectional: true });
  readonly rnn = new nn.RNN(10, 5, { nonlinearity: 'relu' });
  override forward(x: Tensor): Tensor {
    const samples = x.shape[0]!;
    const lengths = x
      .slice([null, { end: 1 }, { end: 1 }])
      .flatten()
      .mul(2)
      .add(3)
      .to('i32');
    const lstm = this.lstm.forward(x, { lengths });
    const hidden = lstm.cell.slice([null, { start: 2 }]);
    const gru = this.gru.forward(lstm.output, { hidden, lengths });
    const rnn = this.rnn.forward(gru.output, { hidden: gru.hidden.mean(1, { keepDims: true }) });
    return rnn.hidden.reshape([samples, 5]).add(rnn.output.mean(1)).add(lstm.hidden.mean(1));
  }
}

class Heads extends nn.Module {
  readonly self = new nn.MultiheadAttention(6, 3, { dropout: 0.3 });
  readonly cross = new nn.MultiheadAttention(6, 2);
  readonly inner = new nn.Linear(features, 6);
  readonly head = new nn.Linear(6, 5);
  override forward(x: Tensor): Tensor {
    const rows = this.inner.forward(x);
    const { output } = this.self.forward(rows, rows, rows, { isCausal: true });
    const mixed = this.cross.forward(output, rows);
    return this.head.forward(mixed.output.mean(1)).add(mixed.weights!.mean(1));
  }
}

const modules: Record<string, () => nn.Module> = {
  'recurrent layers': () => new Walks(),
  attention: () => new Heads(),
};

describe.each(Object.entries(modules))('%s', (_, build) => {
  function model(): Model {
    manualSeed(3);
    const module = build();
    const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
    return {
      module,
      shape: [steps, features],
      loss,
      optimizer: new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 }),
    };
  }

  test('gives the bits of eager computation in 1, 3 and 7 shards, tasks in turn and backwards', () => {
    const expected = trainCompiled(model(), { shards: 1 });
    for (const shards of [3, 7]) expectBitsEqual(trainCompiled(model(), { shards }), expected, `${shards} shards`);
    const backwards = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
    expectBitsEqual(trainCompiled(model(), { shards: 7, order: backwards }), expected, 'backwards');
    expect(expected.every(Number.isFinite)).toBe(true);
    // Dropout draws anew in each step of a program, and as in step 0 in eager computation.
    expectBitsEqual(trainEager(model(), 1), trainCompiled(model(), { shards: 3, steps: 1 }), 'eager');
  });
});

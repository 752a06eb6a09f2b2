import { Adam, nn, type Tensor } from '@lockstep/core';
import type { Recipe } from './recipe.ts';
import { rhythms } from './synthetic.ts';

const [steps, features, classes] = [9, 6, 4];

/** Scores [B, classes] of sequences [B, T, F] whose last feature is their length. */
class SequenceClassifier extends nn.Module {
  readonly locked = new nn.LockedDropout(0.2);
  readonly lstm = new nn.LSTM(features - 1, 13, { numLayers: 2, dropout: 0.1, bidirectional: true });
  readonly head = new nn.Linear(52, classes);

  override forward(x: Tensor): Tensor {
    const lengths = x
      .slice([null, { end: 1 }, { start: features - 1 }])
      .flatten()
      .to('i32');
    const values = this.locked.forward(x.slice([null, null, { end: features - 1 }]));
    return this.head.forward(this.lstm.forward(values, { lengths }).hidden.flatten(1));
  }
}

/** 42 sequences of 5 to 9 steps in batches of 16, 16 and 10. */
export const lstm: Recipe = {
  title: 'a bidirectional LSTM of two layers on sequences of several lengths, locked dropout, Adam',
  make() {
    const data = rhythms({ count: 42, classes, steps, features });
    const model = new SequenceClassifier();
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    return { model, optimizer, data, epochs: 4, batchSize: 16 };
  },
};

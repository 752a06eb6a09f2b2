/**
 * An LSTM that learns the licences of TypeScript's dependencies letter by letter, with locked dropout around its layers (Merity et al. 2018),
 * and then writes one, a letter at a time from the state before.
 * Run: node --conditions=@lockstep/source examples/lstm-text.ts
 */
import { readFileSync } from 'node:fs';
import { Adam, F, manualSeed, nn, rand, realize, type Tensor, tensor } from '@lockstep/core';
import { arrayDataset } from '@lockstep/data';
import { train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

const { epochs, limit } = flags({ epochs: 6 });
const text = readFileSync(new URL('../node_modules/typescript/NOTICE.txt', import.meta.url), 'utf8');
const letters = [...new Set(text)].sort();
const numbers = Array.from(text, (letter) => letters.indexOf(letter));
const steps = 64;

class Writer extends nn.Module {
  readonly letters = new nn.Embedding(letters.length, 32);
  readonly before = new nn.LockedDropout(0.1);
  readonly lstm = new nn.LSTM(32, 128);
  readonly after = new nn.LockedDropout(0.2);
  readonly head = new nn.Linear(128, letters.length);

  /** Scores of the letter after each of [B, T], and the state after the last. */
  read(tokens: Tensor<'i32'>, state: nn.LSTMOptions = {}): { scores: Tensor; state: nn.LSTMOptions } {
    const rows = this.before.forward(this.letters.forward(tokens));
    const { output, hidden, cell } = this.lstm.forward(rows, state);
    return { scores: this.head.forward(this.after.forward(output)), state: { hidden, cell } };
  }

  /** The loss of every letter but the first of [B, T + 1]. */
  override forward(x: Tensor): Tensor {
    const tokens = x.to('i32');
    const { scores } = this.read(tokens.slice([null, { end: -1 }]));
    const next = tokens.slice([null, { start: 1 }]).reshape([-1]);
    return F.crossEntropy(scores.reshape([-1, letters.length]), next);
  }
}

const starts = Array.from({ length: Math.floor((numbers.length - steps - 1) / 16) }, (_, i) => 16 * i).slice(0, limit);
const features = starts.flatMap((start) => numbers.slice(start, start + steps + 1));
const data = arrayDataset({ features, labels: starts.map(() => 0), shape: [steps + 1] });

enableRevectorize();
manualSeed(7);
const model = new Writer();
const pool = new NodePool();
const { samplesPerSecond } = await train({
  ...{ model, data, pool, epochs, batchSize: 32, seed: 7, advice: false },
  optimizer: new Adam(model.parameters(), { lr: 5e-3 }),
  loss: (loss) => loss,
  onEvent: (event) => {
    if (event.type === 'epoch') console.log(`epoch ${event.epoch}: loss ${event.trainLoss.toFixed(3)} a letter`);
  },
});
await pool.close();
console.log(`${Math.round(samplesPerSecond * steps)} letters a second\n`);

model.eval();
let { scores, state } = model.read(tensor([numbers.slice(0, 20)], { dtype: 'i32' }));
let written = text.slice(0, 20);
for (let i = 0; i < 200; i++) {
  // Computed now, so that the next letter starts from values and not from the whole history.
  realize([scores, ...Object.values(state)].map(({ node }) => node));
  const odds = scores.at(0).at(-1).div(0.6).softmax().data;
  let rest = rand([1]).item();
  const choice = Math.max(
    0,
    odds.findIndex((p: number) => (rest -= p) < 0),
  );
  written += letters[choice];
  ({ scores, state } = model.read(tensor([[choice]], { dtype: 'i32' }), state));
}
console.log(written);

/**
 * A small GPT (2 layers, 64 dims) that learns the licences of TypeScript's dependencies letter by letter, and then writes one.
 * Run: node --conditions=@lockstep/source examples/gpt-text.ts
 */
import { readFileSync } from 'node:fs';
import { AdamW, F, manualSeed, nn, rand, type Tensor, tensor } from '@lockstep/core';
import { arrayDataset } from '@lockstep/data';
import { train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { flags } from './flags.ts';

const { epochs, limit } = flags({ epochs: 6 });
const text = readFileSync(new URL('../node_modules/typescript/NOTICE.txt', import.meta.url), 'utf8');
const letters = [...new Set(text)].sort();
const numbers = Array.from(text, (letter) => letters.indexOf(letter));
const context = 64;

class GPT extends nn.Module {
  readonly tokens = new nn.Embedding(letters.length, 64);
  readonly positions = new nn.Embedding(context, 64);
  readonly layers = new nn.TransformerEncoder(
    () => new nn.TransformerEncoderLayer(64, 4, { dimFeedforward: 256, activation: 'gelu', normFirst: true }),
    2,
    { norm: new nn.LayerNorm(64) },
  );
  readonly head = new nn.Linear(64, letters.length, { bias: false });

  constructor() {
    super();
    for (const { weight } of [this.tokens, this.positions]) weight.copyFrom(weight.data.map((value) => 0.02 * value));
  }

  /** Scores of the letter after each of [B, T]. */
  scores(tokens: Tensor<'i32'>): Tensor {
    const places = this.positions.weight.slice([{ end: tokens.shape[1]! }]);
    const rows = this.tokens.forward(tokens).add(places);
    return this.head.forward(this.layers.forward(rows, { isCausal: true }));
  }

  /** The loss of every letter but the first of [B, T + 1]. */
  override forward(x: Tensor): Tensor {
    const tokens = x.to('i32');
    const scores = this.scores(tokens.slice([null, { end: -1 }]));
    const next = tokens.slice([null, { start: 1 }]).reshape([-1]);
    return F.crossEntropy(scores.reshape([-1, letters.length]), next);
  }
}

const starts = Array.from({ length: Math.floor((numbers.length - context - 1) / 16) }, (_, i) => 16 * i).slice(
  0,
  limit,
);
const features = starts.flatMap((start) => numbers.slice(start, start + context + 1));
const data = arrayDataset({ features, labels: starts.map(() => 0), shape: [context + 1] });

enableRevectorize();
manualSeed(7);
const model = new GPT();
const pool = new NodePool();
const optimizer = new AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.01 });
const { samplesPerSecond } = await train({
  ...{ model, optimizer, data, pool, epochs, batchSize: 32, seed: 7, advice: false },
  loss: (loss) => loss,
  onEvent: (event) => {
    if (event.type === 'epoch') console.log(`epoch ${event.epoch}: loss ${event.trainLoss.toFixed(3)} a letter`);
  },
});
await pool.close();
console.log(`${Math.round(samplesPerSecond * context)} letters a second\n`);

model.eval();
const written = numbers.slice(0, 20);
for (let i = 0; i < 200; i++) {
  const tokens = tensor([written.slice(-context)], { dtype: 'i32' });
  const odds = model.scores(tokens).at(0).at(-1).div(0.6).softmax().data;
  let rest = rand([1]).item();
  const choice = odds.findIndex((p: number) => (rest -= p) < 0);
  written.push(Math.max(0, choice));
}
console.log(written.map((number) => letters[number]).join(''));

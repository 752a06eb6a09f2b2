/**
 * A self-normalising network (Klambauer et al. 2017) on a table: SELU keeps the activations at mean 0 and variance 1, and AlphaDropout keeps
 * them so while it drops. Which species is a penguin of these measurements?
 * Run: node --conditions=@lockstep/source examples/tabular-selu.ts
 */
import { fileURLToPath } from 'node:url';
import { Adam, manualSeed, nn, permutation, randn, type Tensor } from '@lockstep/core';
import { standardizedSplits } from '@lockstep/data';
import { readCsv } from '@lockstep/data/node';
import { evaluate, train } from '@lockstep/scheduler';
import { flags } from './flags.ts';

const { epochs, limit } = flags({ epochs: 40 });
const table = await readCsv(fileURLToPath(new URL('./data/penguins.csv', import.meta.url)), { label: 'species' });
// A quarter of the rows is held out; the columns are standardised by the others.
const place = permutation(7, 0, table.rows);
const held = new Set(Array.from({ length: Math.round(table.rows / 4) }, (_, i) => place(i)));
const { train: data, test } = standardizedSplits(table, {
  isTest: (row) => held.has(row),
  limit: { train: limit, test: limit },
});

class SelfNormalizing extends nn.Module {
  readonly layers: nn.Sequential;

  constructor(inputs: number, classes: number, width = 32) {
    super();
    const hidden = [inputs, width, width].flatMap((fanIn) => [lecunLinear(fanIn, width), new nn.SELU()]);
    this.layers = new nn.Sequential(...hidden, new nn.AlphaDropout(0.1), lecunLinear(width, classes));
  }

  override forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

/** Weights of variance 1 ÷ inputs, as SELU needs them, and no bias at first. */
function lecunLinear(inputs: number, outputs: number): nn.Linear {
  const layer = new nn.Linear(inputs, outputs);
  layer.weight.copyFrom(randn([outputs, inputs]).div(Math.sqrt(inputs)).data);
  layer.bias!.copyFrom(new Float32Array(outputs));
  return layer;
}

manualSeed(7);
const model = new SelfNormalizing(data.shape[0]!, data.classes.length);
console.log(`${model}\n${data.count} penguins to learn from, ${test.count} held out; ${table.columns.join(', ')}`);
await train({
  ...{ model, data, test, epochs, batchSize: 32, seed: 7 },
  optimizer: new Adam(model.parameters(), { lr: 2e-3 }),
  onEvent: (event) => {
    if (event.type === 'evaluation' && (event.epoch % 10 === 0 || event.epoch === epochs))
      console.log(`epoch ${event.epoch}: test loss ${event.testLoss.toFixed(4)}`);
  },
});
const { accuracy, metrics } = await evaluate({ model, data: test, metrics: ['confusionMatrix'] });
console.log(`\naccuracy ${(100 * accuracy).toFixed(1)} %; rows are what a penguin is, columns what it was taken for:`);
for (const [c, row] of metrics!.confusionMatrix!.entries())
  console.log(`${data.classes[c]!.padEnd(10)} ${row.map((count) => String(count).padStart(4)).join('')}`);

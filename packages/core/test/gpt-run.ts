/** The small GPT of golden/gpt.json: its model, its tokens, and its losses in training. */
import { AdamW, F, fuse, gradients, inputTensor, manualSeed, nn, Tensor, traceWith } from '@lockstep/core';
import { hash32, hashUniform, seedOfName } from '@lockstep/testkit';
import { fullNode } from '../src/ops/source.ts';
import { goldenJson } from './golden-file.ts';
import { hyperBlock, programOf } from './program.ts';

interface Golden {
  readonly meta: Readonly<
    Record<
      'vocabulary' | 'context' | 'model' | 'heads' | 'feedforward' | 'layers' | 'batch' | 'steps' | 'length',
      number
    >
  >;
  readonly cases: readonly [{ readonly losses: readonly number[] }];
}

const { meta, cases } = goldenJson<Golden>('gpt.json');
const { vocabulary, context, model, batch } = meta;

/** The losses of PyTorch in float64. */
export const expectedLosses: readonly number[] = cases[0].losses;

class SmallGPT extends nn.Module {
  readonly tokens = new nn.Embedding(vocabulary, model);
  readonly positions = new nn.Embedding(context, model);
  readonly layers = new nn.TransformerEncoder(
    new nn.TransformerEncoderLayer(model, meta.heads, {
      dimFeedforward: meta.feedforward,
      dropout: 0,
      activation: 'gelu',
      normFirst: true,
    }),
    meta.layers,
    { norm: new nn.LayerNorm(model) },
  );
  readonly head = new nn.Linear(model, vocabulary, { bias: false });

  /** The mean loss of every token but the first of [B, T + 1]. */
  override forward(rows: Tensor): Tensor {
    const inner = this.tokens.forward(rows.slice([null, { end: -1 }])).add(this.positions.weight);
    const scores = this.head.forward(this.layers.forward(inner, { isCausal: true }));
    const next = rows.slice([null, { start: 1 }]) as Tensor<'f32' | 'i32'>;
    return F.crossEntropy(scores.reshape([-1, vocabulary]), next.reshape([-1]));
  }
}

function initialised(): SmallGPT {
  manualSeed(0);
  const net = new SmallGPT();
  for (const [key, parameter] of net.namedParameters()) {
    if (key.includes('norm')) parameter.copyFrom(new Float32Array(parameter.size).fill(Number(key.endsWith('weight'))));
    else if (key.endsWith('bias')) parameter.copyFrom(new Float32Array(parameter.size));
    else parameter.copyFrom(hashUniform(`gpt/${key}`, parameter.size, 0.1));
  }
  return net;
}

/** Each token follows from the two before and one random bit. */
function allTokens(): number[] {
  const seed = seedOfName('gpt/bits');
  const tokens = [1, 2];
  for (let i = 2; i < meta.length; i++)
    tokens.push((3 * tokens[i - 1]! + tokens[i - 2]! + (hash32(seed, i) % 2)) % vocabulary);
  return tokens;
}

/** Losses of the first steps of training, in one program of `shards` shards. */
export function trainGPT(steps: number, shards: number): number[] {
  const net = initialised();
  const optimizer = new AdamW(net.parameters(), { lr: 3e-3, weightDecay: 0.01 });
  const rows = inputTensor('rows', { shape: [batch, context + 1], dtype: 'i32' });
  const loss = traceWith(0, () => new Tensor(fuse([net.forward(rows as unknown as Tensor).node])[0]!));
  const parameters = net.parameters();
  const found = gradients(
    loss.node,
    fullNode([], 1),
    parameters.map(({ node }) => node),
  );
  const hyper = hyperBlock(optimizer.hyper(0));
  const updates = parameters.flatMap((parameter, i) => optimizer.updateNodes(parameter, found[i]!, hyper.address));
  const program = programOf([rows, loss], { batch, shards, updates });
  const tokens = allTokens();
  return Array.from({ length: steps }, (_, step) => {
    const seed = seedOfName(`gpt/starts/${step}`);
    const starts = Array.from({ length: batch }, (_, i) => hash32(seed, i) % (meta.length - context - 1));
    program.data(rows).set(starts.flatMap((start) => tokens.slice(start, start + context + 1)));
    hyper.set(optimizer.hyper(step));
    program.step(step);
    return program.data(loss)[0]!;
  });
}

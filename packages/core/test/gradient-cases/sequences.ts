/** Recurrent layers, attention and transformer layers. */
import { cat, F, nn, type Tensor, tensor } from '@lockstep/core';
import { any, fixed, type GradientCase, type Input, op } from './case.ts';

/** Two or three steps of each sample. */
const lengthsOf = (x: Tensor) =>
  tensor(
    Array.from({ length: x.shape[0]! }, (_, i) => 2 + (i % 2)),
    { dtype: 'i32' },
  );

/** All results of a layer as one row. */
const joined = (results: object): Tensor => cat(Object.values(results).map((value: Tensor) => value.flatten()));

/** A case of a layer that takes options or returns several tensors. */
function layer<M extends { forward(...inputs: never[]): unknown }>(
  name: string,
  module: M,
  call: { inputs: Input[]; run: (module: M, ...inputs: Tensor[]) => object },
): GradientCase {
  const { inputs, run } = call;
  return {
    name,
    inputs,
    module: module as unknown as nn.Module,
    run: (tensors) => joined(run(module, ...tensors)),
  };
}

const recurrent: readonly GradientCase[] = [
  layer('nn.RNN', new nn.RNN(3, 4, { numLayers: 2, dropout: 0.4 }), {
    inputs: [any(2, 3, 3), any(2, 2, 4)],
    run: (rnn, x, hidden) => rnn.forward(x!, { hidden: hidden! }),
  }),
  layer('nn.LSTM', new nn.LSTM(2, 3, { bidirectional: true }), {
    inputs: [any(2, 3, 2), any(2, 2, 3), any(2, 2, 3)],
    run: (lstm, x, hidden, cell) => lstm.forward(x!, { hidden: hidden!, cell: cell!, lengths: lengthsOf(x!) }),
  }),
  fixed(
    layer('nn.LSTM', new nn.LSTM(2, 3, { bias: false, batchFirst: false }), {
      inputs: [any(3, 2, 2)],
      run: (lstm, x) => lstm.forward(x!),
    }),
  ),
  layer('nn.GRU', new nn.GRU(2, 3, { bidirectional: true }), {
    inputs: [any(2, 3, 2), any(2, 2, 3)],
    run: (gru, x, hidden) => gru.forward(x!, { hidden: hidden!, lengths: lengthsOf(x!) }),
  }),
  fixed(
    layer('nn.GRU', new nn.GRU(2, 3), {
      inputs: [any(4, 2), any(1, 3)],
      run: (gru, x, hidden) => gru.forward(x!, { hidden: hidden! }),
    }),
  ),
];

/** One of three keys of each sample is padding. */
const paddingOf = (x: Tensor) =>
  tensor(
    Array.from({ length: x.shape[0]! }, (_, i) => [0, Number(i % 2 === 1), Number(i % 2 === 0)]),
    { dtype: 'u8' },
  );

const attention: readonly GradientCase[] = [
  op('F.scaledDotProductAttention', [any(2, 3, 4), any(2, 5, 4), any(2, 5, 2)], (q, k, v) =>
    F.scaledDotProductAttention(q!, k!, v!, { isCausal: true, dropoutP: 0.4, seed: 11 }),
  ),
  op('F.scaledDotProductAttention', [any(2, 2, 3, 4), any(2, 2, 2, 4), any(2, 2, 2, 3), any(3, 2)], (q, k, v, mask) =>
    F.scaledDotProductAttention(q!, k!, v!, { attnMask: mask! }),
  ),
  layer('nn.MultiheadAttention', new nn.MultiheadAttention(6, 2, { dropout: 0.3 }), {
    inputs: [any(2, 3, 6)],
    run: (heads, x) => heads.forward(x!, x!, x!, { keyPaddingMask: paddingOf(x!) }),
  }),
  fixed(
    layer('nn.MultiheadAttention', new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 2 }), {
      inputs: [any(2, 2, 4), any(2, 3, 3), any(2, 3, 2), any(4, 2, 3)],
      run: (heads, q, k, v, attnMask) => heads.forward(q!, k!, v!, { attnMask: attnMask! }),
    }),
  ),
];

/** A wide eps keeps the normalisations smooth over the steps of the differences. */
const small = { dimFeedforward: 3, dropout: 0.3, activation: 'gelu', layerNormEps: 1 } as const;

const transformer: readonly GradientCase[] = [
  layer('nn.TransformerEncoderLayer', new nn.TransformerEncoderLayer(4, 2, small), {
    inputs: [any(2, 3, 4)],
    run: (encoder, x) => [encoder.forward(x!, { srcKeyPaddingMask: paddingOf(x!) })],
  }),
  layer('nn.TransformerDecoderLayer', new nn.TransformerDecoderLayer(4, 2, { ...small, normFirst: true }), {
    inputs: [any(2, 2, 4), any(2, 3, 4)],
    run: (decoder, x, memory) => [decoder.forward(x!, memory!, { tgtIsCausal: true })],
  }),
  layer(
    'nn.TransformerEncoder',
    new nn.TransformerEncoder(new nn.TransformerEncoderLayer(6, 1, { ...small, normFirst: true }), 2, {
      norm: new nn.LayerNorm(6, { eps: 1 }),
    }),
    { inputs: [any(2, 2, 6)], run: (encoder, x) => [encoder.forward(x!, { isCausal: true })] },
  ),
  layer('nn.TransformerDecoder', new nn.TransformerDecoder(() => new nn.TransformerDecoderLayer(4, 1, small), 1), {
    inputs: [any(2, 2, 4), any(2, 3, 4)],
    run: (decoder, x, memory) => [decoder.forward(x!, memory!)],
  }),
];

export const sequenceCases: readonly GradientCase[] = [...recurrent, ...attention, ...transformer];

/** Cases of `finite-differences.test.ts` for recurrent layers, attention and transformer layers. */
import { cat, nn, type Tensor, tensor } from '@lockstep/core';
import type { GradientCase } from './layer-gradient-cases.ts';

type Input = GradientCase['inputs'][number];
const any = (...shape: number[]): Input => ({ shape, kind: 'any' });
const lengths = tensor([2, 3], { dtype: 'i32' });

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
    run: (lstm, x, hidden, cell) => lstm.forward(x!, { hidden: hidden!, cell: cell!, lengths }),
  }),
  layer('nn.LSTM', new nn.LSTM(2, 3, { bias: false, batchFirst: false }), {
    inputs: [any(3, 2, 2)],
    run: (lstm, x) => lstm.forward(x!),
  }),
  layer('nn.GRU', new nn.GRU(2, 3, { bidirectional: true }), {
    inputs: [any(2, 3, 2), any(2, 2, 3)],
    run: (gru, x, hidden) => gru.forward(x!, { hidden: hidden!, lengths }),
  }),
  layer('nn.GRU', new nn.GRU(2, 3), {
    inputs: [any(4, 2), any(1, 3)],
    run: (gru, x, hidden) => gru.forward(x!, { hidden: hidden! }),
  }),
];

export const sequenceGradientCases: readonly GradientCase[] = [...recurrent];

/** Losses: how each is called. */
import { F, nn, type Tensor } from '@lockstep/core';
import { type Inputs, type Kind, kind, type Options, type Subject, type Table } from './kind.ts';

/** Weights belong to classes or elements, not to samples. */
const shared = ['weight', 'posWeight'] as const;

/** The case's options with its weights among them. */
function optionsOf(inputs: Inputs, options: Options): Options {
  const weights = shared.filter((name) => name in inputs).map((name) => [name, inputs[name]]);
  return { ...options, ...Object.fromEntries(weights) };
}

/** A loss under the names of its function and its layer, called with these inputs in order. */
function both(name: string, layer: string, operands: readonly string[] = ['input', 'target']): Table {
  // biome-ignore lint/suspicious/noExplicitAny: functions and layers of different signatures.
  const [functions, layers] = [F as any, nn as any];
  const of = (run: (tensors: Tensor[], options: Options) => Tensor): Subject => ({
    golden: name,
    shared,
    run: (inputs, options) =>
      run(
        operands.map((operand) => inputs[operand]!),
        optionsOf(inputs, options),
      ),
  });
  return {
    [`F.${name}`]: of((tensors, options) => functions[name](...tensors, options)),
    [`nn.${layer}`]: of((tensors, options) => new layers[layer](options).forward(...tensors)),
  };
}

/** The golden input is [N, T, C] unless it is time first, and logits unless it says no. */
function ctc(
  run: (inputs: readonly [Tensor, Tensor<'i32'>, Tensor<'i32'>, Tensor<'i32'>], options: Options) => Tensor,
): Subject {
  return {
    golden: 'ctcLoss',
    run: ({ input, target, inputLengths, targetLengths }, { timeFirst = false, logits = true, ...options }) => {
      const x = timeFirst ? input! : input!.permute([1, 0, 2]);
      return run([logits ? x.logSoftmax() : x, target!, inputLengths!, targetLengths!], options);
    },
  };
}

const table: Table = {
  ...both('crossEntropy', 'CrossEntropyLoss'),
  ...both('nllLoss', 'NLLLoss'),
  ...both('binaryCrossEntropy', 'BCELoss'),
  ...both('binaryCrossEntropyWithLogits', 'BCEWithLogitsLoss'),
  ...both('mseLoss', 'MSELoss'),
  ...both('l1Loss', 'L1Loss'),
  ...both('smoothL1Loss', 'SmoothL1Loss'),
  ...both('huberLoss', 'HuberLoss'),
  ...both('klDiv', 'KLDivLoss'),
  ...both('hingeEmbeddingLoss', 'HingeEmbeddingLoss'),
  ...both('cosineEmbeddingLoss', 'CosineEmbeddingLoss', ['input', 'other', 'target']),
  ...both('marginRankingLoss', 'MarginRankingLoss', ['input', 'other', 'target']),
  'F.ctcLoss': ctc((inputs, options) => F.ctcLoss(...inputs, options)),
  'nn.CTCLoss': ctc((inputs, options) => new nn.CTCLoss(options).forward(...inputs)),
  'F.reduced': {
    golden: 'reduced',
    run: ({ input }, { reduction }) => F.reduced(input!, reduction),
    // `none` gives the input itself.
    bySamples: () => false,
  },
  ...both('tripletMarginLoss', 'TripletMarginLoss', ['input', 'positive', 'negative']),
};

export const losses: Kind = kind('losses', table);

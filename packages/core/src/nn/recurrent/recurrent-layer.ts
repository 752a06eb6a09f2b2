/** What RNN, LSTM and GRU share: parameters by layer and direction, and the way of a sequence through them. */
import { recurrentKinds, recurrentSizes } from '@lockstep/kernels';
import { ShapeError } from '../../errors.ts';
import type { RecurrentKind } from '../../ops/recurrent.ts';
import { cat } from '../../tensor/joining.ts';
import { formatShape, type Shape } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { fanInUniform } from '../init.ts';
import { checkCount } from '../linear.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { reprBoolean, reprNumber } from '../repr.ts';
import { checkLengths, type Walked, type WalkParameters, walkSequence } from './walk.ts';

export interface RecurrentConfig {
  /** Layers, each fed with the one before. Default 1. */
  readonly numLayers?: number;
  /** Learn `bias_ih` and `bias_hh`. Default true. */
  readonly bias?: boolean;
  /**
   * Axes of inputs and states: [B, T, …] when true, [T, B, …] when false. Default true, unlike PyTorch's: the engine splits axis 0 by
   * samples, so that the other order costs a transposition and a barrier at either end.
   */
  readonly batchFirst?: boolean;
  /** Probability to drop outputs of every layer but the last while training, in [0, 1]. Default 0. */
  readonly dropout?: number;
  /** A second walk from the last step to the first in every layer. Default false. */
  readonly bidirectional?: boolean;
}

export interface RecurrentOptions {
  /** The state before the first step, shaped as the result's `hidden`. Default: zeros. */
  readonly hidden?: Tensor;
  /**
   * Steps of each sample, i32 [B], from 1 to T: PyTorch's packed sequences. Outputs beyond a sample's length are zeros, its final state is
   * that of its last step, and the reverse direction starts there. Lengths above T count as T, below 0 as 0.
   */
  readonly lengths?: Tensor<'i32'>;
}

interface States {
  readonly hidden?: Tensor | undefined;
  readonly cell?: Tensor | undefined;
  readonly lengths?: Tensor<'i32'> | undefined;
}

/** The base of the recurrent layers. */
export abstract class RecurrentLayer<Options extends RecurrentOptions, Result> extends Module<
  [x: Tensor, options?: Options],
  Result
> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly #kind: RecurrentKind;
  /** By layer, then direction. */
  readonly #walks: readonly WalkParameters[];

  /** @throws RangeError for sizes below 1 and a dropout outside [0, 1]. */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentConfig & { kind: RecurrentKind }) {
    super();
    const { numLayers = 1, bias = true, batchFirst = true, dropout = 0, bidirectional = false, kind } = options;
    const name = this.constructor.name;
    checkCount(inputSize, `${name}: inputSize`);
    checkCount(hiddenSize, `${name}: hiddenSize`);
    checkCount(numLayers, `${name}: numLayers`);
    F.checkProbability(dropout, `${name}: dropout`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.#kind = kind;
    const walks: WalkParameters[] = [];
    for (let layer = 0; layer < numLayers; layer++)
      for (const suffix of bidirectional ? ['', '_reverse'] : ['']) walks.push(this.#newWalk(layer, suffix));
    this.#walks = walks;
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Parameters under PyTorch's names, all uniform in ±1/√hiddenSize. */
  #newWalk(layer: number, suffix: string): WalkParameters {
    const { hiddenSize } = this;
    const rows = recurrentSizes(recurrentKinds[this.#kind]).gates * hiddenSize;
    const columns = layer === 0 ? this.inputSize : hiddenSize * this.#directions;
    const parameter = (name: string, shape: Shape): Parameter => {
      const value = fanInUniform(shape, hiddenSize);
      Object.defineProperty(this, `${name}_l${layer}${suffix}`, { value, enumerable: true });
      return value;
    };
    return {
      weightIh: parameter('weight_ih', [rows, columns]),
      weightHh: parameter('weight_hh', [rows, hiddenSize]),
      biasIh: this.bias ? parameter('bias_ih', [rows]) : null,
      biasHh: this.bias ? parameter('bias_hh', [rows]) : null,
    };
  }

  /** The sequence through all layers: output, and the states by layer and direction. */
  protected run(x: Tensor, states: States): Walked {
    if (x.rank === 2) return this.#unbatched(x, states);
    this.#checkInput(x);
    return this.batchFirst ? this.#layers(x, states) : this.#timeFirst(x, states);
  }

  #layers(x: Tensor, states: States): Walked {
    const where = this.describe();
    const samples = x.shape[0]!;
    checkLengths(states.lengths, samples, where);
    const walks: Walked[] = [];
    let output = x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0 && this.dropout > 0) output = F.dropout(output, { p: this.dropout, training: this.training });
      const outputs = Array.from({ length: this.#directions }, (_, direction) => {
        const index = layer * this.#directions + direction;
        const walked = walkSequence(output, this.#walks[index]!, {
          kind: this.#kind,
          reverse: direction === 1,
          hidden: this.#state(states.hidden, { index, samples, name: 'hidden' }),
          cell: this.#state(states.cell, { index, samples, name: 'cell' }),
          lengths: states.lengths,
          where,
        });
        walks.push(walked);
        return walked.output;
      });
      output = outputs.length === 1 ? outputs[0]! : cat(outputs, 2);
    }
    const joined = (parts: Tensor[]): Tensor => cat(parts, 1).reshape([samples, parts.length, this.hiddenSize]);
    const cells = walks.flatMap(({ cell }) => (cell ? [cell] : []));
    return {
      output,
      hidden: joined(walks.map(({ hidden }) => hidden)),
      ...(cells.length > 0 ? { cell: joined(cells) } : {}),
    };
  }

  /** The state [B, H] of one walk. */
  #state(state: Tensor | undefined, of: { index: number; samples: number; name: string }): Tensor | undefined {
    if (!state) return undefined;
    const expected = [of.samples, this.numLayers * this.#directions, this.hiddenSize];
    if (state.shape.join() !== expected.join()) {
      throw new ShapeError(
        `${this.describe()}: ${of.name}: expected shape ${formatShape(expected)} (samples, layers times directions, hidden size), got ${formatShape(state.shape)}`,
      );
    }
    return state.slice([null, { start: of.index, end: of.index + 1 }]).reshape([of.samples, this.hiddenSize]);
  }

  /** One sequence [T, F] with states [layers · directions, H]. */
  #unbatched(x: Tensor, { hidden, cell, lengths }: States): Walked {
    const axis = this.batchFirst ? 0 : 1;
    const batched = { hidden: hidden?.unsqueeze(axis), cell: cell?.unsqueeze(axis), lengths };
    return mapped(this.run(x.unsqueeze(axis), batched), (tensor) => tensor.squeeze(axis));
  }

  /** [T, B, …] by way of [B, T, …]. */
  #timeFirst(x: Tensor, { hidden, cell, lengths }: States): Walked {
    const swap = (tensor: Tensor): Tensor => tensor.transpose(0, 1);
    const states = { hidden: hidden && swap(hidden), cell: cell && swap(cell), lengths };
    return mapped(this.#layers(swap(x), states), swap);
  }

  #checkInput(x: Tensor): void {
    if (x.rank === 3 && x.shape[2] === this.inputSize) return;
    const axes = this.batchFirst ? 'B, T' : 'T, B';
    throw new ShapeError(
      `${this.describe()}: expected an input of shape [${axes}, ${this.inputSize}] or [T, ${this.inputSize}], got ${formatShape(x.shape)}`,
    );
  }

  override extraRepr(): string {
    const parts = [
      ...[this.inputSize, this.hiddenSize],
      ...(this.numLayers > 1 ? [`num_layers=${this.numLayers}`] : []),
      ...(this.bias ? [] : ['bias=False']),
      `batch_first=${reprBoolean(this.batchFirst)}`,
      ...(this.dropout > 0 ? [`dropout=${reprNumber(this.dropout)}`] : []),
      ...(this.bidirectional ? ['bidirectional=True'] : []),
    ];
    return parts.join(', ');
  }
}

function mapped({ output, hidden, cell }: Walked, map: (tensor: Tensor) => Tensor): Walked {
  return { output: map(output), hidden: map(hidden), ...(cell ? { cell: map(cell) } : {}) };
}

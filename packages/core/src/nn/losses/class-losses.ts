/** Losses of classes as layers. */

import {
  type BCEOptions,
  type BCEWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from '../../losses/binary-cross-entropy.ts';
import type { ClassLossOptions } from '../../losses/class-rows.ts';
import { type CrossEntropyOptions, crossEntropy } from '../../losses/cross-entropy.ts';
import { type CTCOptions, ctcLoss, type Lengths } from '../../losses/ctc-loss.ts';
import { type KlDivReduction, klDiv } from '../../losses/kl-div.ts';
import { nllLoss } from '../../losses/nll-loss.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Buffer } from '../buffer.ts';
import { Module } from '../module.ts';
import { Loss } from './loss.ts';

function bufferOf(values: Tensor | null | undefined, name: string): Buffer | null {
  return values ? new Buffer(values, name) : null;
}

/** `F.crossEntropy` of logits [B, C, …] and class numbers i32 [B, …] or probabilities [B, C, …], with its options. */
export class CrossEntropyLoss extends Loss {
  readonly weight: Buffer | null;
  readonly labelSmoothing: number;
  readonly #ignoreIndex: number | undefined;

  constructor({ weight, ignoreIndex, labelSmoothing = 0, reduction }: CrossEntropyOptions = {}) {
    super(reduction);
    this.weight = bufferOf(weight, 'weight');
    this.labelSmoothing = labelSmoothing;
    this.#ignoreIndex = ignoreIndex;
  }

  override forward(logits: Tensor, target: Tensor<DType>): Tensor {
    const { weight, labelSmoothing, reduction } = this;
    const ignored = this.#ignoreIndex === undefined ? {} : { ignoreIndex: this.#ignoreIndex };
    return crossEntropy(logits, target, { weight, labelSmoothing, reduction, ...ignored });
  }
}

/** `F.nllLoss` of log-probabilities [B, C, …] and class numbers i32 [B, …], with its options. */
export class NLLLoss extends Loss {
  readonly weight: Buffer | null;
  readonly ignoreIndex: number;

  constructor({ weight, ignoreIndex = -100, reduction }: ClassLossOptions = {}) {
    super(reduction);
    this.weight = bufferOf(weight, 'weight');
    this.ignoreIndex = ignoreIndex;
  }

  override forward(input: Tensor, target: Tensor<DType>): Tensor {
    return nllLoss(input, target as Tensor<'i32'>, this);
  }
}

/** `F.binaryCrossEntropy` of probabilities and targets of one shape, with its options. */
export class BCELoss extends Loss {
  readonly weight: Buffer | null;

  constructor({ weight, reduction }: BCEOptions = {}) {
    super(reduction);
    this.weight = bufferOf(weight, 'weight');
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
  }
}

/** `F.binaryCrossEntropyWithLogits` of logits and targets of one shape, with its options. */
export class BCEWithLogitsLoss extends Loss {
  readonly weight: Buffer | null;
  readonly posWeight: Buffer | null;

  constructor({ weight, posWeight, reduction }: BCEWithLogitsOptions = {}) {
    super(reduction);
    this.weight = bufferOf(weight, 'weight');
    this.posWeight = bufferOf(posWeight, 'pos_weight');
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this);
  }
}

/** `F.klDiv` of log-probabilities and probabilities (their logarithms with `logTarget`) of one shape. */
export class KLDivLoss extends Module {
  readonly reduction: KlDivReduction;
  readonly logTarget: boolean;

  constructor({ reduction = 'mean', logTarget = false }: { reduction?: KlDivReduction; logTarget?: boolean } = {}) {
    super();
    this.reduction = reduction;
    this.logTarget = logTarget;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this);
  }
}

/** `F.ctcLoss` of log-probabilities [T, N, C], targets i32 [N, S] and both lengths i32 [N], with its options. */
export class CTCLoss extends Loss {
  readonly blank: number;
  readonly zeroInfinity: boolean;

  constructor({ blank = 0, zeroInfinity = false, reduction }: CTCOptions = {}) {
    super(reduction);
    this.blank = blank;
    this.zeroInfinity = zeroInfinity;
  }

  override forward(
    logProbs: Tensor,
    targets: Tensor<DType>,
    inputLengths: Tensor<DType>,
    targetLengths: Tensor<DType>,
  ): Tensor {
    return ctcLoss(logProbs, targets as Tensor<'i32'>, inputLengths as Lengths, targetLengths as Lengths, this);
  }
}

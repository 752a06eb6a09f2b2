/** Activations with limits, gates, shrinkage and softmax as layers. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { reprNumber } from '../repr.ts';
import * as activations from './functions.ts';
import { checkLambd, checkSoftplus, type ShrinkOptions, type SoftplusOptions } from './options.ts';

/** 1 / (1 + e^−x), elementwise. */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return activations.sigmoid(x);
  }
}

/** tanh(x), elementwise. */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return activations.tanh(x);
  }
}

/** min(max(x + 3, 0), 6) / 6, elementwise (Howard et al. 2019). */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return activations.hardsigmoid(x);
  }
}

/** x / (1 + |x|), elementwise. */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return activations.softsign(x);
  }
}

/** log σ(x), elementwise. */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return activations.logsigmoid(x);
  }
}

/** log(1 + e^(beta·x)) / beta, elementwise; x where beta·x > threshold. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  /** @throws RangeError for a beta of 0, and numbers that are not finite. */
  constructor(options: SoftplusOptions = {}) {
    super();
    const { beta, threshold } = checkSoftplus(options, 'Softplus');
    this.beta = beta;
    this.threshold = threshold;
  }

  override forward(x: Tensor): Tensor {
    return activations.softplus(x, this);
  }

  override extraRepr(): string {
    return `beta=${reprNumber(this.beta)}, threshold=${reprNumber(this.threshold)}`;
  }

  override describe(): string {
    return `Softplus(beta ${this.beta}, threshold ${this.threshold})`;
  }
}

/** e^x / Σ e^x along an axis. */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = checkDim(dim, 'Softmax');
  }

  override forward(x: Tensor): Tensor {
    return activations.softmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }

  override describe(): string {
    return `Softmax(${this.dim})`;
  }
}

/** The logarithm of softmax along an axis. */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = checkDim(dim, 'LogSoftmax');
  }

  override forward(x: Tensor): Tensor {
    return activations.logSoftmax(x, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }

  override describe(): string {
    return `LogSoftmax(${this.dim})`;
  }
}

/** Gated linear unit (Dauphin et al. 2017): a · σ(b) with the halves a and b of x along an axis, whose extent 2n becomes n. */
export class GLU extends Module {
  readonly dim: number;

  /** Default axis: the last. */
  constructor({ dim = -1 }: { dim?: number } = {}) {
    super();
    this.dim = checkDim(dim, 'GLU');
  }

  override forward(x: Tensor): Tensor {
    return activations.glu(x, this);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }

  override describe(): string {
    return `GLU(${this.dim})`;
  }
}

/** x − tanh(x), elementwise. */
export class Tanhshrink extends Module {
  override forward(x: Tensor): Tensor {
    return activations.tanhshrink(x);
  }
}

/** x moved by lambd towards 0, elementwise; 0 where |x| ≤ lambd. */
export class Softshrink extends Module {
  readonly lambd: number;

  /** @throws RangeError for lambd < 0. */
  constructor({ lambd = 0.5 }: ShrinkOptions = {}) {
    super();
    this.lambd = checkLambd(lambd, 'Softshrink');
  }

  override forward(x: Tensor): Tensor {
    return activations.softshrink(x, this);
  }

  override extraRepr(): string {
    return reprNumber(this.lambd);
  }

  override describe(): string {
    return `Softshrink(${this.lambd})`;
  }
}

/** x, elementwise; 0 where |x| ≤ lambd. */
export class Hardshrink extends Module {
  readonly lambd: number;

  /** @throws RangeError for lambd < 0. */
  constructor({ lambd = 0.5 }: ShrinkOptions = {}) {
    super();
    this.lambd = checkLambd(lambd, 'Hardshrink');
  }

  override forward(x: Tensor): Tensor {
    return activations.hardshrink(x, this);
  }

  override extraRepr(): string {
    return reprNumber(this.lambd);
  }

  override describe(): string {
    return `Hardshrink(${this.lambd})`;
  }
}

/** A whole number; which axes exist is known only with the input. */
function checkDim(dim: number, where: string): number {
  if (!Number.isInteger(dim)) throw new RangeError(`${where}: dim must be a whole number, got ${String(dim)}`);
  return dim;
}

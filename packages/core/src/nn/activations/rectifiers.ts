/** Activations of the ReLU family as layers. */
import { full } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../linear.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { reprFloat, reprNumber } from '../repr.ts';
import * as activations from './functions.ts';
import {
  checkApproximate,
  checkFinite,
  checkHardtanh,
  type ELUOptions,
  type GELUOptions,
  type HardtanhOptions,
  type LeakyReLUOptions,
} from './options.ts';

/** max(x, 0), elementwise. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return activations.relu(x);
  }
}

/** min(max(x, 0), 6), elementwise (Krizhevsky 2010). */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor {
    return activations.relu6(x);
  }
}

/** x for x > 0, else negativeSlope · x, elementwise (Maas et al. 2013). */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  /** @throws RangeError for a slope that is not finite. */
  constructor({ negativeSlope = 0.01 }: LeakyReLUOptions = {}) {
    super();
    this.negativeSlope = checkFinite(negativeSlope, 'LeakyReLU: negativeSlope');
  }

  override forward(x: Tensor): Tensor {
    return activations.leakyRelu(x, this);
  }

  override extraRepr(): string {
    return `negative_slope=${reprNumber(this.negativeSlope)}`;
  }

  override describe(): string {
    return `LeakyReLU(${this.negativeSlope})`;
  }
}

export interface PReLUConfig {
  /** 1, or the channels C of an input [B, C, …]. Default 1. */
  readonly numParameters?: number;
  /** Every slope at first. Default 0.25. */
  readonly init?: number;
}

/** x for x > 0, else weight · x (He et al. 2015): one learned slope for all of x, or one for each channel of x [B, C, …]. weight [numParameters]. */
export class PReLU extends Module {
  readonly weight: Parameter;
  readonly numParameters: number;

  /** @throws RangeError for a number of slopes that is not a whole number ≥ 1, and a first slope that is not finite. */
  constructor({ numParameters = 1, init = 0.25 }: PReLUConfig = {}) {
    super();
    checkCount(numParameters, 'PReLU: numParameters');
    this.numParameters = numParameters;
    this.weight = new Parameter(full([numParameters], checkFinite(init, 'PReLU: init')));
  }

  override forward(x: Tensor): Tensor {
    return activations.prelu(x, this.weight);
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }

  override describe(): string {
    return `PReLU(${this.numParameters})`;
  }
}

/** x for x > 0, else alpha · (e^x − 1), elementwise (Clevert et al. 2016). */
export class ELU extends Module {
  readonly alpha: number;

  /** @throws RangeError for an alpha that is not finite. */
  constructor({ alpha = 1 }: ELUOptions = {}) {
    super();
    this.alpha = checkFinite(alpha, 'ELU: alpha');
  }

  override forward(x: Tensor): Tensor {
    return activations.elu(x, this);
  }

  override extraRepr(): string {
    return `alpha=${reprFloat(this.alpha)}`;
  }

  override describe(): string {
    return `ELU(${this.alpha})`;
  }
}

/**
 * Scaled exponential linear units (Klambauer et al. 2017): λx for x > 0, else λα(e^x − 1), elementwise, with λ = 1.0507009873554805 and
 * α = 1.6732632423543772. Activations keep mean 0 and variance 1 under weights of variance 1/fan-in; drop them by `AlphaDropout`.
 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return activations.selu(x);
  }
}

/** x · Φ(x), elementwise, exactly or with tanh (Hendrycks & Gimpel 2016). */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  /** @throws RangeError for another approximation than 'none' and 'tanh'. */
  constructor({ approximate = 'none' }: GELUOptions = {}) {
    super();
    this.approximate = checkApproximate(approximate, 'GELU');
  }

  override forward(x: Tensor): Tensor {
    return activations.gelu(x, this);
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }

  override describe(): string {
    return this.approximate === 'tanh' ? 'GELU(tanh)' : 'GELU';
  }
}

/** x · σ(x), elementwise (Elfwing et al. 2017). */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return activations.silu(x);
  }
}

/** x · tanh(log(1 + e^x)), elementwise (Misra 2019). */
export class Mish extends Module {
  override forward(x: Tensor): Tensor {
    return activations.mish(x);
  }
}

/** x · min(max(x + 3, 0), 6) / 6, elementwise (Howard et al. 2019). */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return activations.hardswish(x);
  }
}

/** min(max(x, minVal), maxVal), elementwise. */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;

  /** @throws RangeError unless maxVal > minVal. */
  constructor(options: HardtanhOptions = {}) {
    super();
    const { minVal, maxVal } = checkHardtanh(options, 'Hardtanh');
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  override forward(x: Tensor): Tensor {
    return activations.hardtanh(x, this);
  }

  override extraRepr(): string {
    return `min_val=${reprFloat(this.minVal)}, max_val=${reprFloat(this.maxVal)}`;
  }

  override describe(): string {
    return `Hardtanh(${this.minVal}, ${this.maxVal})`;
  }
}

/** x where x > threshold, else value, elementwise. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;

  /** @throws RangeError for numbers that are not finite. */
  constructor(threshold: number, value: number) {
    super();
    this.threshold = checkFinite(threshold, 'Threshold: threshold');
    this.value = checkFinite(value, 'Threshold: value');
  }

  override forward(x: Tensor): Tensor {
    return activations.threshold(x, this.threshold, this.value);
  }

  override extraRepr(): string {
    return `threshold=${reprNumber(this.threshold)}, value=${reprNumber(this.value)}`;
  }

  override describe(): string {
    return `Threshold(${this.threshold}, ${this.value})`;
  }
}

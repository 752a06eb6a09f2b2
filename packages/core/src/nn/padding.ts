/** Padding layers. */
import type { PadMode } from '../ops/axis-map.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import { pad } from './pad-function.ts';
import { reprNumber, reprTuple } from './repr.ts';

/** The same on every side, or [before, after] of the last axis. */
export type Padding1d = number | readonly [left: number, right: number];
/** The same on every side, or [before, after] of the columns, then of the rows. */
export type Padding2d = number | readonly [left: number, right: number, top: number, bottom: number];

/** What the layers share: checked numbers, the rank of the input, a mode. */
abstract class Padding extends Module {
  /** before and after of the last axis, then (for images) of the one before it. */
  readonly padding: readonly number[];
  readonly value: number | undefined;
  readonly #mode: PadMode;

  constructor(padding: number | readonly number[], kind: { axes: 1 | 2; mode: PadMode; value?: number }) {
    super();
    const entries = 2 * kind.axes;
    const list = typeof padding === 'number' ? new Array<number>(entries).fill(padding) : padding;
    if (list.length !== entries || !list.every(Number.isInteger)) {
      throw new RangeError(
        `${this.constructor.name}: padding must be an integer or ${entries} of them, got ${JSON.stringify(padding)}`,
      );
    }
    this.padding = list;
    this.value = kind.value;
    this.#mode = kind.mode;
  }

  override forward(x: Tensor): Tensor {
    return pad(x, this.padding, { mode: this.#mode, value: this.value ?? 0, where: this.describe() });
  }

  override extraRepr(): string {
    const value = this.value === undefined ? '' : `, value=${reprNumber(this.value)}`;
    return value ? `padding=${reprTuple(this.padding)}${value}` : reprTuple(this.padding);
  }
}

/** Zeros around images: [B, C, H, W] → [B, C, H + top + bottom, W + left + right]. Negative numbers crop. Errors as `F.pad`. */
export class ZeroPad2d extends Padding {
  constructor(padding: Padding2d) {
    super(padding, { axes: 2, mode: 'constant' });
  }
}

/** A constant before and after sequences: [B, C, L] → [B, C, L + left + right]. Negative numbers crop. Errors as `F.pad`. */
export class ConstantPad1d extends Padding {
  constructor(padding: Padding1d, value: number) {
    super(padding, { axes: 1, mode: 'constant', value });
  }
}

/** A constant around images: [B, C, H, W] → [B, C, H + top + bottom, W + left + right]. Negative numbers crop. Errors as `F.pad`. */
export class ConstantPad2d extends Padding {
  constructor(padding: Padding2d, value: number) {
    super(padding, { axes: 2, mode: 'constant', value });
  }
}

/** Sequences mirrored at their ends, which are not repeated: [B, C, L] or [C, L], padding less than L. Errors as `F.pad`. */
export class ReflectionPad1d extends Padding {
  constructor(padding: Padding1d) {
    super(padding, { axes: 1, mode: 'reflect' });
  }
}

/** Images mirrored at their edges, which are not repeated: [B, C, H, W] or [C, H, W], padding less than the axis. Errors as `F.pad`. */
export class ReflectionPad2d extends Padding {
  constructor(padding: Padding2d) {
    super(padding, { axes: 2, mode: 'reflect' });
  }
}

/** Sequences with their ends repeated: [B, C, L] or [C, L]. Errors as `F.pad`. */
export class ReplicationPad1d extends Padding {
  constructor(padding: Padding1d) {
    super(padding, { axes: 1, mode: 'replicate' });
  }
}

/** Images with their edges repeated: [B, C, H, W] or [C, H, W]. Errors as `F.pad`. */
export class ReplicationPad2d extends Padding {
  constructor(padding: Padding2d) {
    super(padding, { axes: 2, mode: 'replicate' });
  }
}

/** Images continued from their other side: [B, C, H, W] or [C, H, W], padding at most the axis. Errors as `F.pad`. */
export class CircularPad2d extends Padding {
  constructor(padding: Padding2d) {
    super(padding, { axes: 2, mode: 'circular' });
  }
}

/** What the pooling layers have in common: checked windows and their descriptions. */
import { Module } from './module.ts';
import { reprBoolean } from './repr.ts';
import { checkPair, checkSingle, type Size, type Size1d } from './sizes.ts';

/** The options of a layer: those of the function without the window, which is an argument. */
export type LayerOptions<O> = Omit<O, 'kernelSize' | 'where'>;

/** A window over images or sequences; its sizes as PyTorch prints them. */
export abstract class PoolModule<S extends Size | Size1d, O> extends Module {
  readonly options: LayerOptions<O> & { readonly kernelSize: S };
  /** One number an axis. */
  readonly kernelSize: readonly number[];

  /** `stride` defaults to the kernel size. @throws RangeError for sizes that are not integers ≥ 1. */
  constructor(kernelSize: S, options: LayerOptions<O>, axes: 1 | 2) {
    super();
    const where = `${this.constructor.name}: kernelSize`;
    this.kernelSize =
      axes === 2 ? checkPair(kernelSize as Size, 1, where) : [checkSingle(kernelSize as Size1d, 1, where)];
    this.options = { ...options, kernelSize };
  }

  override describe(): string {
    return `${this.constructor.name}(${this.kernelSize.join('×')})`;
  }

  /** `kernel_size=2, stride=2, padding=0`, and whatever else the kind of pooling shows. */
  protected window(shown: { readonly dilation?: boolean; readonly ceilMode: boolean }): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this.options as unknown as Record<string, unknown>;
    const parts = [`kernel_size=${sizeRepr(kernelSize)}`, `stride=${sizeRepr(stride ?? kernelSize)}`];
    parts.push(`padding=${sizeRepr(padding ?? 0)}`);
    if (shown.dilation) parts.push(`dilation=${sizeRepr(dilation ?? 1)}`);
    if (shown.ceilMode) parts.push(`ceil_mode=${reprBoolean(ceilMode === true)}`);
    return parts.join(', ');
  }
}

/** `2` or `(2, 3)`. */
export function sizeRepr(size: unknown): string {
  return Array.isArray(size)
    ? `(${size.map((part) => part ?? 'None').join(', ')}${size.length === 1 ? ',' : ''})`
    : String(size ?? 'None');
}

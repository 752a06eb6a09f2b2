/**
 * How a tensor looks in a console: as PyTorch prints it, with `torch.set_printoptions`' defaults. Differences: dtypes are called as here
 * (`dtype=i32`, not shown for f32; integers of PyTorch are 64 bits wide by default and not shown there), `requiresGrad=true` stands for
 * `requires_grad=True` and for `grad_fn=…`, and there are no devices.
 */

import type { DType, TensorData } from './dtype.ts';
import { elementFormat } from './print-elements.ts';
import type { Shape } from './shape.ts';
import type { TensorBase } from './tensor-base.ts';

/** Elements shown at either end of a long axis. */
const edgeItems = 3;
/** Tensors of more elements are abridged. */
const threshold = 1000;
const lineWidth = 80;
const prefix = 'tensor(';

/** The text of a tensor, such as `tensor([[1.0000, 2.5000],\n        [3.0000, 4.0000]])`; long axes of large tensors are abridged. */
export function formatTensor(tensor: TensorBase<DType>): string {
  const { shape, data } = tensor;
  const suffixes = [
    ...(tensor.size === 0 && shape.length !== 1 ? [`size=(${shape.join(', ')})`] : []),
    ...(tensor.dtype === 'f32' ? [] : [`dtype=${tensor.dtype}`]),
    ...(tensor.requiresGrad ? ['requiresGrad=true'] : []),
  ];
  return withSuffixes(prefix + (tensor.size === 0 ? '[]' : body(tensor.dtype, data, shape)), suffixes);
}

function body(dtype: DType, data: TensorData, shape: Shape): string {
  const abridged = data.length > threshold;
  const shown = Array.from(shownElements(shape, abridged), (at) => data[at]!);
  const { width, format } = elementFormat(shown, dtype === 'f32');
  const perLine = (indent: number) => Math.max(1, Math.floor((lineWidth - indent) / (width + 2)));

  const row = (first: number, extent: number, indent: number): string => {
    const items = places(extent, abridged).map((i) => (i === undefined ? ' ...' : format(data[first + i]!)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine(indent)) lines.push(items.slice(i, i + perLine(indent)).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  };
  const block = (first: number, axis: number, indent: number): string => {
    const extent = shape[axis]!;
    if (axis === shape.length - 1) return row(first, extent, indent);
    const step = shape.slice(axis + 1).reduce((product, inner) => product * inner, 1);
    const parts = places(extent, abridged).map((i) =>
      i === undefined ? '...' : block(first + i * step, axis + 1, indent + 1),
    );
    return `[${parts.join(`,${'\n'.repeat(shape.length - axis - 1)}${' '.repeat(indent + 1)}`)}]`;
  };
  return shape.length === 0 ? format(data[0]!) : block(0, 0, prefix.length);
}

/** The elements of an axis that are shown; undefined stands for what is left out. */
function places(extent: number, abridged: boolean): (number | undefined)[] {
  const all = Array.from({ length: extent }, (_, i) => i);
  return abridged && extent > 2 * edgeItems ? [...all.slice(0, edgeItems), undefined, ...all.slice(-edgeItems)] : all;
}

/** The positions of all elements that are shown. */
function shownElements(shape: Shape, abridged: boolean): number[] {
  return shape.reduce<number[]>(
    (before, extent) => {
      const kept = places(extent, abridged).filter((place) => place !== undefined);
      return before.flatMap((at) => kept.map((place) => at * extent + place));
    },
    [0],
  );
}

/** What follows the elements, on a new line where it would reach beyond the width. */
function withSuffixes(text: string, suffixes: readonly string[]): string {
  let result = text;
  let lineLength = text.length - text.lastIndexOf('\n') + 1;
  for (const suffix of suffixes) {
    const fits = lineLength + suffix.length + 2 <= lineWidth;
    result += fits ? `, ${suffix}` : `,\n${' '.repeat(prefix.length)}${suffix}`;
    lineLength = fits ? lineLength + suffix.length + 2 : prefix.length + suffix.length;
  }
  return `${result})`;
}

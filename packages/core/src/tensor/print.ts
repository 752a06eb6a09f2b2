/** How a tensor looks in a console: its shape, dtype and values, abridged when there are many. */
import type { DType } from './dtype.ts';
import type { TensorBase } from './tensor-base.ts';

const edgeItems = 3;
const fullSize = 64;

/** Like `Tensor [2, 3] f32 [[1, 2, 3], [4, 5, 6]]`; the middle of long axes is left out. */
export function formatTensor(tensor: TensorBase<DType>): string {
  const abridge = tensor.size > fullSize;
  const format = (value: unknown): string => {
    if (!Array.isArray(value)) return Number.isInteger(value) ? String(value) : Number(value).toPrecision(5);
    const long = abridge && value.length > 2 * edgeItems;
    const shown = long ? [...value.slice(0, edgeItems), '…', ...value.slice(-edgeItems)] : value;
    return `[${shown.map((item) => (item === '…' ? item : format(item))).join(', ')}]`;
  };
  return `Tensor [${tensor.shape.join(', ')}] ${tensor.dtype} ${format(tensor.toArray())}`;
}

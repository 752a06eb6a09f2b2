/** Element types of tensors and the typed arrays that show them. */

export type DType = 'f32' | 'i32' | 'u8';

/** The typed array of a dtype, always a view of the shared memory. */
export interface DataOf {
  f32: Float32Array<SharedArrayBuffer>;
  i32: Int32Array<SharedArrayBuffer>;
  u8: Uint8Array<SharedArrayBuffer>;
}

export type TensorData = DataOf[DType];

export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1 };

/** A typed array over `count` elements at `offsetBytes` of the shared memory. */
export function viewOf(
  dtype: DType,
  memory: WebAssembly.Memory,
  range: { offsetBytes: number; count: number },
): TensorData {
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  switch (dtype) {
    case 'f32':
      return new Float32Array(buffer, range.offsetBytes, range.count);
    case 'i32':
      return new Int32Array(buffer, range.offsetBytes, range.count);
    case 'u8':
      return new Uint8Array(buffer, range.offsetBytes, range.count);
    default:
      return dtype satisfies never;
  }
}

/** Element types: the names of numpy and PyTorch, the width in bytes, and the typed array that holds each. */

export interface DTypeArray {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof DTypeArray;

export const dtypeArray = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export function bytesPerElement(dtype: DType): number {
  return dtypeArray[dtype].BYTES_PER_ELEMENT;
}

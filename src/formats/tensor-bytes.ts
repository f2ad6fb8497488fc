/** The bytes of a file, little-endian, as the typed array of an element type. */
import { HpdError } from "../errors.ts";
import { bytesPerElement, type DType, type DTypeArray, dtypeArray } from "../tensor/dtype.ts";

/**
 * Shares the memory of `bytes` where its alignment allows.
 * @param what the tensor and its file, for messages
 * @throws HpdError `corrupt_file` where a `bool` is neither 0 nor 1.
 */
export function elementsOfBytes(dtype: DType, bytes: Uint8Array, what: string): DTypeArray[DType] {
  const aligned = bytes.byteOffset % bytesPerElement(dtype) === 0 ? bytes : bytes.slice();
  const length = aligned.length / bytesPerElement(dtype);
  if (dtype === "bool" && aligned.some((byte) => byte > 1)) {
    throw new HpdError("corrupt_file", `${what} is of bool, expected bytes of 0 or 1, got others`);
  }
  return new dtypeArray[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, length);
}

/** Between element types. */
import type { Tensor } from "./tensor.ts";

/** The elements as float32; of a float32 tensor the very same array. Numbers out of range become infinite. */
export function toFloat32({ dtype, data }: Tensor): Float32Array {
  switch (dtype) {
    case "float32":
      return data as Float32Array;
    case "float16":
      return Float32Array.from(data as Uint16Array, float16);
    case "bfloat16": {
      const bits = Uint32Array.from(data as Uint16Array, (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case "int64":
      return Float32Array.from(data as BigInt64Array, Number);
    default:
      return new Float32Array(data as Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array);
  }
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

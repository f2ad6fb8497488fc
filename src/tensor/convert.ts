/** Conversions between element types. */
import type { Tensor } from "./tensor.ts";

/** The elements as float32; of a float32 tensor the very same array. Numbers out of range become infinite. */
export function toFloat32({ dtype, data }: Tensor): Float32Array {
  switch (dtype) {
    case "float32":
      return data as Float32Array;
    case "float16":
      return float32OfFloat16(data as Uint16Array);
    case "bfloat16":
      return float32OfBfloat16(data as Uint16Array);
    case "int64":
      return new Float32Array(data.length).map((_, index) => Number(data[index]));
    default:
      return new Float32Array(data as Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array);
  }
}

/**
 * IEEE 754 binary16 has 5 bits of exponent with bias 15 and 10 of fraction. In the fields of a float32, whose bias is
 * 127, the number is 2^112 times too small, subnormals too; infinities and NaN get the full exponent first.
 */
function widened(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let index = 0; index < halves.length; index++) {
    const half = halves[index]!;
    const full = (half & 0x7c00) === 0x7c00 ? 0x7f800000 : 0;
    bits[index] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13) | full;
    floats[index]! *= 2 ** 112;
  }
  return floats;
}

/** All float16 numbers by their bits: to look a number up is several times as fast as to compute it. */
let float16Numbers: Float32Array | undefined;

/** Numbers that are computed before the table is, which is worth it for many more than it has. */
let numbersBefore = 2 ** 18;

function float32OfFloat16(halves: Uint16Array): Float32Array {
  if (numbersBefore > 0) {
    numbersBefore -= halves.length;
    return widened(halves);
  }
  float16Numbers ??= widened(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits));
  const floats = new Float32Array(halves.length);
  for (let index = 0; index < floats.length; index++) floats[index] = float16Numbers[halves[index]!]!;
  return floats;
}

function float32OfBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
  return new Float32Array(bits.buffer);
}

/**
 * The nearest float16 of each number, of two equally near the even one; from 65,520 on infinite. NaN stays NaN.
 * In the fields of a float32 (see `widened`) a float16 lacks 13 bits of fraction, which are rounded away; a
 * subnormal one counts in steps of 2^-24, which is what the last bit of a float32 near 1/2 stands for.
 */
export function toFloat16(floats: Float32Array): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const shifted = new Float32Array(1);
  const shiftedBits = new Uint32Array(shifted.buffer);
  const halves = new Uint16Array(floats.length);
  for (let index = 0; index < floats.length; index++) {
    const sign = (bits[index]! >>> 16) & 0x8000;
    const magnitude = bits[index]! & 0x7fffffff;
    if (magnitude > 0x7f800000) halves[index] = sign | 0x7e00;
    else if (magnitude >= 0x47800000) halves[index] = sign | 0x7c00;
    else if (magnitude >= 0x38800000) {
      halves[index] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
    } else {
      shifted[0] = Math.abs(floats[index]!) + 0.5;
      halves[index] = sign | (shiftedBits[0]! - 0x3f000000);
    }
  }
  return halves;
}

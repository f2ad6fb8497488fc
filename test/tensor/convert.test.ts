import { expect, test } from "vitest";
import { toFloat16, toFloat32 } from "../../src/tensor/convert.ts";
import { tensor } from "../../src/tensor/tensor.ts";

const every16Bits = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

/** IEEE 754, 3.4: (-1)^sign * 2^(exponent - bias) * (1 + fraction), without the 1 and with exponent 1 when that is 0. */
function ieeeValue(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const largest = 2 ** exponentBits - 1;
  const exponent = Math.floor(bits / 2 ** fractionBits) % (largest + 1);
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  if (exponent === largest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const bias = (largest - 1) / 2;
  return sign * 2 ** (Math.max(exponent, 1) - bias) * (fraction + (exponent === 0 ? 0 : 1));
}

test.each([
  ["float16", 5, 10],
  ["bfloat16", 8, 7],
] as const)("every %s", (dtype, exponentBits, fractionBits) => {
  const values = toFloat32(tensor(dtype, [65_536], every16Bits));
  const wrong = every16Bits.filter((bits) => !Object.is(values[bits], ieeeValue(bits, exponentBits, fractionBits)));
  expect(wrong).toEqual(new Uint16Array());
});

test("float16 at its edges", () => {
  const data = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0x7bff, 0x7c00, 0x8000, 0xfc00, 0x7e00);
  expect([...toFloat32(tensor("float16", [10], data))]).toEqual([
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    0.333251953125,
    1,
    65504,
    Number.POSITIVE_INFINITY,
    -0,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]);
});

test("float32 is not copied", () => {
  const data = Float32Array.of(1, 2);
  expect(toFloat32(tensor("float32", [2], data))).toBe(data);
});

test.each([
  ["float64", Float64Array.of(0.1, 1e300, -1e-300), [Math.fround(0.1), Number.POSITIVE_INFINITY, -0]],
  ["int64", BigInt64Array.of(-(2n ** 63n), 2n ** 24n + 1n, -1n), [-(2 ** 63), 2 ** 24, -1]],
  ["int32", Int32Array.of(-(2 ** 31), 2 ** 24 + 1, 3), [-(2 ** 31), 2 ** 24, 3]],
  ["int16", Int16Array.of(-32768, 32767), [-32768, 32767]],
  ["int8", Int8Array.of(-128, 127), [-128, 127]],
  ["uint8", Uint8Array.of(0, 255), [0, 255]],
  ["bool", Uint8Array.of(0, 1), [0, 1]],
] as const)("%s", (dtype, data, expected) => {
  expect([...toFloat32({ dtype, shape: [data.length], data })]).toEqual([...expected]);
});

test("to float16 and back is the identity", () => {
  const back = toFloat16(toFloat32(tensor("float16", [65_536], every16Bits)));
  // Of the many NaN one is kept.
  const wrong = every16Bits.filter(
    (bits) => back[bits] !== ((bits & 0x7fff) > 0x7c00 ? (bits & 0x8000) | 0x7e00 : bits),
  );
  expect(wrong).toEqual(new Uint16Array());
});

test("to float16 is to the nearest, of two the even one", () => {
  const positive = toFloat32(tensor("float16", [0x7c01], every16Bits.slice(0, 0x7c01)));
  // Where a float16 is halfway to the next one: exact in float64, and in float32.
  const halfway = Float32Array.from({ length: 0x7bff }, (_, bits) => (positive[bits]! + positive[bits + 1]!) / 2);
  const next = (value: number, step: number) => {
    const float = Float32Array.of(value);
    new Uint32Array(float.buffer)[0]! += step;
    return float[0]!;
  };
  expect(toFloat16(halfway)).toEqual(Uint16Array.from(halfway, (_, bits) => bits + (bits % 2)));
  expect(toFloat16(halfway.map((value) => next(value, 1)))).toEqual(Uint16Array.from(halfway, (_, bits) => bits + 1));
  expect(toFloat16(halfway.map((value) => next(value, -1)))).toEqual(Uint16Array.from(halfway, (_, bits) => bits));
  expect([...toFloat16(Float32Array.of(65_519.99, 65_520, 1e30, -1e30))]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00]);
});

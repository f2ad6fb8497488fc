/**
 * The instructions in use, by their names in the specification; operands first, then immediates. A memory address may
 * be followed by a constant offset in bytes.
 * Source: WebAssembly Core Specification 2.0, binary format of instructions and of fixed-width SIMD.
 */
import { type Code, code, type Local, signed, unsigned, type ValueType } from "./code.ts";

type Unary<From extends ValueType, To extends ValueType = From> = (x: Code<From>) => Code<To>;
type Binary<T extends ValueType> = (a: Code<T>, b: Code<T>) => Code<T>;

const simd = (opcode: number) => [0xfd, ...unsigned(opcode)];
const unary = (opcode: number): Unary<"v128"> => {
  return (x) => code(x, simd(opcode));
};
const binary = (opcode: number): Binary<"v128"> => {
  return (a, b) => code(a, b, simd(opcode));
};
/** Alignment, as a power of two, and offset of an access to memory. */
const memory = (offset: number) => [0, ...unsigned(offset)];

export const local = {
  get: <T extends ValueType>({ index }: Local<T>): Code<T> => code([0x20, ...unsigned(index)]),
  set: <T extends ValueType>({ index }: Local<T>, x: Code<NoInfer<T>>): Code<"nothing"> =>
    code(x, [0x21, ...unsigned(index)]),
};

export const i32 = {
  const: (value: number): Code<"i32"> => code([0x41, ...signed(value)]),
  add: (a: Code<"i32">, b: Code<"i32">): Code<"i32"> => code(a, b, [0x6a]),
  ge_u: (a: Code<"i32">, b: Code<"i32">): Code<"i32"> => code(a, b, [0x4f]),
};

export const f32 = {
  store: (address: Code<"i32">, x: Code<"f32">, offset = 0): Code<"nothing"> =>
    code(address, x, [0x38, ...memory(offset)]),
};

export const f64 = {
  add: (a: Code<"f64">, b: Code<"f64">): Code<"f64"> => code(a, b, [0xa0]),
};

export const v128 = {
  load: (address: Code<"i32">, offset = 0): Code<"v128"> => code(address, simd(0x00), memory(offset)),
  /** A 64-bit number, twice. */
  load64_splat: (address: Code<"i32">, offset = 0): Code<"v128"> => code(address, simd(0x0a), memory(offset)),
  store: (address: Code<"i32">, x: Code<"v128">, offset = 0): Code<"nothing"> =>
    code(address, x, simd(0x0b), memory(offset)),
  const: (bytes: readonly number[]): Code<"v128"> => code(simd(0x0c), bytes),
  xor: binary(0x51),
};

export const i8x16 = {
  /** @param lanes 16 of 32 bytes: 0 to 15 are of `a`, 16 to 31 of `b` */
  shuffle: (a: Code<"v128">, b: Code<"v128">, lanes: readonly number[]): Code<"v128"> => code(a, b, simd(0x0d), lanes),
  popcnt: unary(0x62),
};

export const i16x8 = {
  extadd_pairwise_i8x16_u: unary(0x7d),
  extend_low_i8x16_s: unary(0x87),
  extend_high_i8x16_s: unary(0x88),
  extend_low_i8x16_u: unary(0x89),
  extend_high_i8x16_u: unary(0x8a),
};

export const i32x4 = {
  extadd_pairwise_i16x8_u: unary(0x7f),
  add: binary(0xae),
  dot_i16x8_s: binary(0xba),
};

export const f32x4 = {
  splat: (x: Code<"f32">): Code<"v128"> => code(x, simd(0x13)),
  extract_lane: (x: Code<"v128">, lane: number): Code<"f32"> => code(x, simd(0x1f), [lane]),
  abs: unary(0xe0),
  neg: unary(0xe1),
  sqrt: unary(0xe3),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  max: binary(0xe9),
  convert_i32x4_s: unary(0xfa),
};

export const f64x2 = {
  extract_lane: (x: Code<"v128">, lane: number): Code<"f64"> => code(x, simd(0x21), [lane]),
  promote_low_f32x4: unary(0x5f),
  add: binary(0xf0),
  mul: binary(0xf2),
};

/** The lanes of `i8x16.shuffle` that pick four of eight 32-bit numbers: 0 to 3 are of `a`, 4 to 7 of `b`. */
export function lanesOf32Bits(lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => [4 * lane, 4 * lane + 1, 4 * lane + 2, 4 * lane + 3]);
}

/**
 * Writes WebAssembly: functions over vectors of 16 bytes, four float32 most often. Expressions are lists of bytes, put
 * together by functions that read like the arithmetic they stand for.
 * Source: WebAssembly Core Specification 2.0, binary format, with the numbers of its fixed-width SIMD instructions.
 */
import type { OwnBytes } from "../common/own-bytes.ts";

/** Instructions that leave a value on the stack. */
export type Code = readonly number[];

const i32 = 0x7f;
const f32 = 0x7d;
const f64 = 0x7c;
const v128 = 0x7b;

const simd = (instruction: number): Code => [0xfd, ...unsigned(instruction)];
const binary =
  (instruction: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(instruction)];

/** Of four float32 each. */
export const addFloats = binary(0xe4);
export const subtractFloats = binary(0xe5);
export const multiplyFloats = binary(0xe6);
export const divideFloats = binary(0xe7);
export const largerFloats = binary(0xe9);
export const rootOfFloats = (x: Code): Code => [...x, ...simd(0xe3)];
/** A number four times over. */
export const repeated = (x: Code): Code => [...x, ...simd(0x13)];

export const absoluteFloats = (x: Code): Code => [...x, ...simd(0xe0)];
export const negativeFloats = (x: Code): Code => [...x, ...simd(0xe1)];
/** Four of eight float32 by their places, 0 to 3 of `a` and 4 to 7 of `b`. */
export const pickFloats = (a: Code, b: Code, places: readonly number[]): Code => [
  ...a,
  ...b,
  ...simd(0x0d),
  ...places.flatMap((place) => [4 * place, 4 * place + 1, 4 * place + 2, 4 * place + 3]),
];

/** Of four int32 each. */
export const addIntegers = binary(0xae);
export const integersToFloats = (x: Code): Code => [...x, ...simd(0xfa)];
/** Of eight int16 each: four int32, the sums of the products of two neighbours. */
export const productsOfShorts = binary(0xba);
/** The first and the last eight of 16 bytes as int16. */
export const lowShorts = (x: Code, isSigned: boolean): Code => [...x, ...simd(isSigned ? 0x87 : 0x89)];
export const highShorts = (x: Code, isSigned: boolean): Code => [...x, ...simd(isSigned ? 0x88 : 0x8a)];
export const differentBits = binary(0x51);
/** Of 16 bytes: four int32, how many bits are set in each four. */
export const countBits = (x: Code): Code => [...x, ...simd(0x62), ...simd(0x7d), ...simd(0x7f)];

/** Of two float64 each. */
export const addDoubles = binary(0xf0);
export const multiplyDoubles = binary(0xf2);
/** The first two of four float32. */
export const lowDoubles = (x: Code): Code => [...x, ...simd(0x5f)];
/** The last two of four float32. */
export const highDoubles = (x: Code): Code => lowDoubles([...x, ...x, ...simd(0x0d), ...swappedHalves]);
export const sumOfDoubles = (x: Code): Code => [...x, ...simd(0x21), 0, ...x, ...simd(0x21), 1, 0xa0];

const swappedHalves = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];

/** A vector at an address, and so many bytes on. */
export const load = (address: Code, offset = 0): Code => [...address, ...simd(0x00), 0, ...unsigned(offset)];
export const store = (address: Code, x: Code, offset = 0): Code => [
  ...address,
  ...x,
  ...simd(0x0b),
  0,
  ...unsigned(offset),
];
/** Stores the first of four float32. */
export const storeFirst = (address: Code, x: Code, offset = 0): Code => [
  ...address,
  ...x,
  ...[...simd(0x1f), 0],
  ...[0x38, 0, ...unsigned(offset)],
];
export const zeroVector: Code = [...simd(0x0c), ...new Array(16).fill(0)];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, x: Code): Code => [...x, 0x21, ...unsigned(local)];
export const plus = (address: Code, bytes: number): Code => [...address, 0x41, ...signed(bytes), 0x6a];

/** Does the body, and moves the addresses on by four float32, until the first of them is `end`. */
export const forEachFour = (addresses: readonly number[], end: number, body: Code): Code =>
  forEach(
    addresses.map((local) => [local, 16]),
    end,
    body,
  );

/** Does the body, and moves each address on by its number of bytes, until the first of them is `end`. */
export const forEach = (
  addresses: readonly (readonly [local: number, bytes: number])[],
  end: number,
  body: Code,
): Code => [
  0x02,
  0x40, // block
  0x03,
  0x40, // loop
  ...get(addresses[0]![0]),
  ...get(end),
  0x4f,
  0x0d,
  1, // leave where address >= end
  ...body,
  ...addresses.flatMap(([local, bytes]) => set(local, plus(get(local), bytes))),
  0x0c,
  0, // again
  0x0b,
  0x0b,
];

export interface WasmFunction {
  readonly name: string;
  /** Parameters come first: so many addresses, then so many float32. */
  readonly addresses: number;
  readonly floats: number;
  /** Locals of four float32 or two float64, zero at first. */
  readonly vectors: number;
  /** Locals that hold addresses, after the vectors. */
  readonly addressLocals?: number;
  readonly returns: "nothing" | "float64";
  readonly body: Code;
}

/**
 * A module that exports the functions and imports `env.memory`.
 *
 * @param pages the most that the memory has
 * @param isShared what the memory is; browsers have shared memory only where the page is isolated from others
 */
export function wasmModule(functions: readonly WasmFunction[], pages: number, isShared = true): OwnBytes {
  const types = functions.map(({ addresses, floats, returns }) => [
    0x60,
    ...vector([...new Array(addresses).fill([i32]), ...new Array(floats).fill([f32])]),
    ...vector(returns === "nothing" ? [] : [[f64]]),
  ]);
  const bodies = functions.map(({ vectors, addressLocals = 0, body }) => {
    const locals = [
      [vectors, v128],
      [addressLocals, i32],
    ] as const;
    const declared = locals.filter(([count]) => count > 0).map(([count, type]) => [...unsigned(count), type]);
    const code = [...vector(declared), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [[...text("env"), ...text("memory"), 0x02, isShared ? 0x03 : 0x01, 0, ...unsigned(pages)]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]),
    ),
    ...section(10, bodies),
  ]);
}

function section(id: number, entries: readonly Code[]): Code {
  const content = vector(entries);
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(name: string): Code {
  return vector([...new TextEncoder().encode(name)].map((byte) => [byte]));
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

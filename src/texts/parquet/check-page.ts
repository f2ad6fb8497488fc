/** Checks the header of a page of a column against its bytes, so that hyparquet reads nothing outside. */
import { walkDeltas, walkRuns } from "./runs.ts";

/** The physical type of a column, as hyparquet names it. */
export type PhysicalType =
  | "BOOLEAN"
  | "INT32"
  | "INT64"
  | "INT96"
  | "FLOAT"
  | "DOUBLE"
  | "BYTE_ARRAY"
  | "FIXED_LEN_BYTE_ARRAY";

/** The type of a column's values, and the maximum of its levels. */
export interface ColumnType {
  readonly type: PhysicalType;
  /** Bytes of a value of fixed length. */
  readonly typeLength: number;
  /** The definition level of a value: 0 where none can be missing. */
  readonly mostDefined: number;
  /** The highest repetition level: 1 of a list, else 0. */
  readonly mostRepeated: number;
}

/** The encodings' numbers in the format. */
export const encoding = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

/** Bytes of all texts of a page, which delta encoding may make many times longer than the page. */
const maxTextsBytes = 256 * 1024 * 1024;

const widths: Readonly<Partial<Record<PhysicalType, number>>> = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 };

/** @returns how many of the values are not null @throws RangeError */
export function checkLevels(levels: Uint8Array, count: number): number {
  let present = 0;
  walkLevels(levels, 1, count, (level, times) => {
    present += level * times;
  });
  return present;
}

/** The level of each of the values, from 0 to the highest one. @throws RangeError */
export function readLevels(levels: Uint8Array, most: number, count: number): Uint8Array {
  const all = new Uint8Array(count);
  let at = 0;
  walkLevels(levels, most, count, (level, times) => {
    // Packed bits may be filled up.
    all.fill(level, at, Math.min(at + times, count));
    at += times;
  });
  return all;
}

function walkLevels(
  levels: Uint8Array,
  most: number,
  count: number,
  visit: (level: number, times: number) => void,
): void {
  if (most === 0) return;
  walkRuns(levels, 32 - Math.clz32(most), count, (level, times) => {
    if (level > most) throw new RangeError(`a level is ${level}`);
    visit(level, times);
  });
}

/** The values of a page as it has them. */
export interface EncodedValues {
  /** The values alone, without levels. */
  readonly bytes: Uint8Array;
  /** Values that are not null. */
  readonly count: number;
  /** The number of their encoding. */
  readonly by: number;
  /** Entries of the dictionary; undefined where none came. */
  readonly dictionarySize?: number | undefined;
  /** Whether the page is one of the second version. */
  readonly isSecondVersion?: boolean;
}

/** @throws RangeError with what is wrong */
export function checkValues(
  { bytes, count, by, dictionarySize, isSecondVersion = false }: EncodedValues,
  { type, typeLength }: ColumnType,
): void {
  const width = type === "FIXED_LEN_BYTE_ARRAY" ? typeLength : widths[type];
  const requireBytes = (needed: number) => {
    if (needed > bytes.length) throw new RangeError(`${count} values in ${bytes.length} bytes`);
  };
  switch (by) {
    case encoding.plain:
      if (type === "BYTE_ARRAY") requireBytes(plainTextsLength(bytes, count));
      else requireBytes(width === undefined ? count / 8 : count * width);
      return;
    case encoding.plainDictionary:
    case encoding.rleDictionary:
      if (dictionarySize === undefined) throw new RangeError("it has no dictionary");
      requireBytes(1);
      // Without bits all are the first entry. In pages of the first version no runs need be there.
      if (bytes[0] === 0 && !isSecondVersion && dictionarySize > 0) return;
      walkRuns(bytes.subarray(1), bytes[0]!, count, (index, times) => {
        if (times > 0 && index >= dictionarySize) throw new RangeError(`there is no entry ${index} in its dictionary`);
      });
      return;
    case encoding.rle:
      if (type !== "BOOLEAN") break;
      requireBytes(4);
      walkRuns(bytes.subarray(4), 1, count, () => {});
      return;
    case encoding.deltaBinaryPacked:
      if (type !== "INT32" && type !== "INT64") break;
      walkDeltas(bytes, count);
      return;
    case encoding.deltaLengthByteArray:
    case encoding.deltaByteArray:
      if (type !== "BYTE_ARRAY") break;
      checkDeltaTexts(bytes, count, by === encoding.deltaByteArray);
      return;
    case encoding.byteStreamSplit:
      if (width === undefined || type === "INT96") break;
      requireBytes(count * width);
      return;
  }
  throw new RangeError(`the encoding ${by} of ${type}`);
}

/** Each is its length in four bytes, and its bytes. */
function plainTextsLength(bytes: Uint8Array, count: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let index = 0; index < count && at <= bytes.length; index++) {
    at += 4 + (at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
  }
  return at;
}

function checkDeltaTexts(bytes: Uint8Array, count: number, hasPrefixes: boolean): void {
  const prefixes = new Int32Array(hasPrefixes ? count : 0);
  const lengths = new Int32Array(count);
  let index = 0;
  let at = 0;
  if (hasPrefixes) at = walkDeltas(bytes, count, (value) => (prefixes[index++] = value));
  index = 0;
  at += walkDeltas(bytes.subarray(at), count, (value) => (lengths[index++] = value));
  let before = 0;
  let total = 0;
  for (const [index, length] of lengths.entries()) {
    const prefix = prefixes[index] ?? 0;
    if (length < 0 || prefix < 0 || prefix > before) throw new RangeError(`a text of ${prefix} and ${length} bytes`);
    at += length;
    before = prefix + length;
    total += before;
  }
  if (at > bytes.length || total > maxTextsBytes) throw new RangeError("its texts are longer than it is");
}

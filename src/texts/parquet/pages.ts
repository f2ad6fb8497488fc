/** The pages of a column's chunk, one after the other, each checked. */
import type { FileHandle } from "node:fs/promises";
import { type ColumnType, checkLevels, checkValues, encoding, readLevels } from "./check-page.ts";
import { type Codec, decompress } from "./decompress.ts";
import { type Chunk, readBytes } from "./footer.ts";
import type { ListLevels } from "./lists.ts";
import { ThriftReader, type ThriftStruct, type ThriftValue } from "./thrift.ts";
import { valuesPage } from "./values-page.ts";

export interface Page {
  readonly kind: "dictionary" | "data";
  /** The number of values, of which some may be null, or of a dictionary's entries. */
  readonly values: number;
  readonly usesDictionary: boolean;
  /** The header, and what follows it in the file. */
  readonly header: Uint8Array;
  readonly compressed: Uint8Array;
  /** The place in it of the compressed values: in pages of the second version, levels stand before, uncompressed. */
  readonly valuesAt: number;
  /** Levels and values, or values alone in the second version and of lists. */
  readonly page: Uint8Array;
  /** Of lists, whose `values` are then those that are there. */
  readonly levels?: ListLevels;
}

/** Bytes of a page: writers end one at a megabyte, or with the text that goes beyond. */
const longestPage = 128 * 1024 * 1024;

/** A page of this many equal values takes a few bytes, and as many values in memory. */
const mostValues = 16 * 1024 * 1024;

/** As above, of lists: each may be a row of its own. */
const mostListValues = 2 * 1024 * 1024;

/** Headers have statistics, which hold whole values. */
const firstRead = 65_536;
const longestHeader = 16 * 1024 * 1024;

/** @throws RangeError with what is wrong; Error of a decompressor */
export async function* pagesOf(
  file: FileHandle,
  { start, end, values: inChunk, codec }: Chunk,
  column: ColumnType,
): AsyncGenerator<Page, void, undefined> {
  let at = start;
  let read = 0;
  let dictionarySize: number | undefined;
  const isList = column.mostRepeated > 0;
  const most = isList ? mostListValues : mostValues;
  while (read < inChunk) {
    const { header, fields } = await headerAt(file, at, end);
    const size = integer(fields.get(3), "the length of a page", longestPage);
    const length = integer(fields.get(2), "the length of a page", longestPage);
    if (at + header.length + size > end) throw new RangeError("a page reaches past its chunk");
    const compressed = await readBytes(file, at + header.length, at + header.length + size);
    at += header.length + size;
    const type = fields.get(1);
    if (type === 2) {
      const page = decompress(compressed, codec, length);
      const values = integer(structOf(fields, 7).get(1), "entries of a dictionary", mostValues);
      if (dictionarySize !== undefined) throw new RangeError("a chunk has two dictionaries");
      checkValues({ bytes: page, count: values, by: encoding.plain }, column);
      dictionarySize = values;
      yield { kind: "dictionary", values, usesDictionary: false, header, compressed, valuesAt: 0, page };
      continue;
    }
    if (type !== 0 && type !== 3) throw new RangeError(`a page of type ${type}`);
    const isSecondVersion = type === 3;
    const page = structOf(fields, isSecondVersion ? 8 : 5);
    const values = integer(page.get(1), "values of a page", Math.min(most, inChunk - read));
    const by = integer(page.get(isSecondVersion ? 4 : 2), "an encoding", 9);
    const usesDictionary = by === encoding.plainDictionary || by === encoding.rleDictionary;
    const parts = isSecondVersion
      ? secondVersion(page, compressed, length, codec)
      : firstVersion(page, decompress(compressed, codec, length), column);
    const { bytes, valuesAt } = parts;
    const { present: count, levels, rows } = levelsOf(parts, values, column);
    if (isSecondVersion) {
      if (page.get(2) !== values - count) throw new RangeError(`${page.get(2)} of ${values} values are null`);
      if (page.get(3) !== rows) throw new RangeError(`${rows} rows in a page that says ${page.get(3)}`);
    }
    checkValues({ bytes, count, by, dictionarySize, isSecondVersion: isSecondVersion && !isList }, column);
    yield levels === undefined
      ? { kind: "data", values, usesDictionary, header, compressed, valuesAt, page: parts.page }
      : { kind: "data", values: count, usesDictionary, ...valuesPage(bytes, count, by), levels };
    read += values;
  }
}

/** What a data page is made of: levels, each without its length, and the values in their encoding. */
interface PageParts {
  readonly repetitions: Uint8Array;
  readonly definitions: Uint8Array;
  readonly bytes: Uint8Array;
  /** As those of `Page`. */
  readonly valuesAt: number;
  readonly page: Uint8Array;
}

function firstVersion(header: ThriftStruct, page: Uint8Array, { mostRepeated, mostDefined }: ColumnType): PageParts {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  const section = (most: number, by: ThriftValue | undefined): Uint8Array => {
    if (most === 0) return page.subarray(0, 0);
    if (by !== encoding.rle) throw new RangeError(`levels in the encoding ${by}`);
    if (at + 4 > page.length) throw new RangeError("a page has no levels");
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > page.length) throw new RangeError("levels are longer than their page");
    return page.subarray(start, at);
  };
  const repetitions = section(mostRepeated, header.get(4));
  const definitions = section(mostDefined, header.get(3));
  return { repetitions, definitions, bytes: page.subarray(at), valuesAt: 0, page };
}

function secondVersion(header: ThriftStruct, compressed: Uint8Array, length: number, codec: Codec): PageParts {
  const repetitions = integer(header.get(6), "the length of levels", compressed.length);
  const at = repetitions + integer(header.get(5), "the length of levels", compressed.length - repetitions);
  if (at > length) throw new RangeError("levels are longer than their page");
  const isCompressed = header.get(7) !== false;
  const bytes = decompress(compressed.subarray(at), isCompressed ? codec : "UNCOMPRESSED", length - at);
  return {
    repetitions: compressed.subarray(0, repetitions),
    definitions: compressed.subarray(repetitions, at),
    bytes,
    valuesAt: at,
    page: bytes,
  };
}

/** @returns how many of the values are there and how many rows they are; of lists the levels, too @throws RangeError */
function levelsOf(
  { repetitions, definitions }: Pick<PageParts, "repetitions" | "definitions">,
  values: number,
  { mostRepeated, mostDefined }: ColumnType,
): { readonly present: number; readonly rows: number; readonly levels?: ListLevels } {
  if (mostRepeated === 0) {
    // A flat column repeats nothing.
    if (repetitions.length > 0) throw new RangeError("repetition levels");
    return { present: mostDefined === 0 ? values : checkLevels(definitions, values), rows: values };
  }
  const levels = {
    repetitions: readLevels(repetitions, mostRepeated, values),
    definitions: readLevels(definitions, mostDefined, values),
  };
  return {
    present: levels.definitions.reduce((sum, level) => sum + Number(level === mostDefined), 0),
    rows: levels.repetitions.reduce((sum, level) => sum + 1 - level, 0),
    levels,
  };
}

async function headerAt(
  file: FileHandle,
  at: number,
  end: number,
): Promise<{ header: Uint8Array; fields: ThriftStruct }> {
  for (let length = firstRead; ; length *= 16) {
    const bytes = await readBytes(file, at, Math.min(at + length, end));
    const reader = new ThriftReader(bytes);
    try {
      const fields = reader.struct();
      return { header: bytes.slice(0, reader.at), fields };
    } catch (error) {
      if (at + length >= end || length >= longestHeader) throw error;
    }
  }
}

function integer(value: ThriftValue | undefined, what: string, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new RangeError(`${what}: ${typeof value === "number" ? value : "none"}`);
}

function structOf(fields: ThriftStruct, id: number): ThriftStruct {
  const value = fields.get(id);
  if (value instanceof Map) return value;
  throw new RangeError("a page without a header of its own");
}

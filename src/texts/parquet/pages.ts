/** The pages of a column's chunk, one after the other, each checked. */
import type { FileHandle } from "node:fs/promises";
import { checkLevels, checkValues, encoding, type FlatColumn } from "./check-page.ts";
import { decompress } from "./decompress.ts";
import { type Chunk, readBytes } from "./footer.ts";
import { ThriftReader, type ThriftStruct, type ThriftValue } from "./thrift.ts";

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
  /** Levels and values, or values alone in the second version. */
  readonly page: Uint8Array;
}

/** Bytes of a page: writers end one at a megabyte, or with the text that goes beyond. */
const longestPage = 128 * 1024 * 1024;

/** A page of this many equal values takes a few bytes, and as many values in memory. */
const mostValues = 16 * 1024 * 1024;

/** Headers have statistics, which hold whole values. */
const firstRead = 65_536;
const longestHeader = 16 * 1024 * 1024;

/** @throws RangeError with what is wrong; Error of a decompressor */
export async function* pagesOf(
  file: FileHandle,
  { start, end, rows, codec }: Chunk,
  column: FlatColumn,
): AsyncGenerator<Page, void, undefined> {
  let at = start;
  let read = 0;
  let dictionarySize: number | undefined;
  while (read < rows) {
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
    const values = integer(page.get(1), "values of a page", Math.min(mostValues, rows - read));
    const by = integer(page.get(isSecondVersion ? 4 : 2), "an encoding", 9);
    const usesDictionary = by === encoding.plainDictionary || by === encoding.rleDictionary;
    const checked = isSecondVersion
      ? secondVersion(page, compressed, length, values)
      : firstVersion(page, compressed, length, values);
    const { values: bytes, present: count } = checked;
    checkValues({ bytes, count, by, dictionarySize, isSecondVersion }, column);
    yield { kind: "data", values, usesDictionary, header, compressed, valuesAt: checked.at, page: checked.page };
    read += values;
  }

  function firstVersion(page: ThriftStruct, compressed: Uint8Array, length: number, values: number) {
    const bytes = decompress(compressed, codec, length);
    if (!column.isOptional) return { values: bytes, present: values, at: 0, page: bytes };
    if (page.get(3) !== encoding.rle) throw new RangeError(`levels in the encoding ${page.get(3)}`);
    if (bytes.length < 4) throw new RangeError("a page has no levels");
    const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (end > bytes.length) throw new RangeError("levels are longer than their page");
    const present = checkLevels(bytes.subarray(4, end), values);
    return { values: bytes.subarray(end), present, at: 0, page: bytes };
  }

  function secondVersion(page: ThriftStruct, compressed: Uint8Array, length: number, values: number) {
    const at = integer(page.get(5), "the length of levels", compressed.length);
    // A flat column repeats nothing.
    if (integer(page.get(6), "the length of levels", compressed.length) > 0) throw new RangeError("repetition levels");
    if (at > length) throw new RangeError("levels are longer than their page");
    const isCompressed = page.get(7) !== false;
    const rest = compressed.subarray(at);
    const bytes = decompress(rest, isCompressed ? codec : "UNCOMPRESSED", length - at);
    const present = column.isOptional ? checkLevels(compressed.subarray(0, at), values) : values;
    if (page.get(2) !== values - present) throw new RangeError(`${page.get(2)} of ${values} values are null`);
    if (page.get(3) !== values) throw new RangeError("a page has more values than rows");
    return { values: bytes, present, at, page: bytes };
  }
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

/** The pages of a column's chunk, one after the other, each checked. */
import { crc32 } from "node:zlib";
import type { FileBytes } from "./bytes.ts";
import { type ColumnType, checkLevels, checkValues, encoding, readLevels } from "./check-page.ts";
import { type Codec, decompress } from "./decompress.ts";
import type { Chunk } from "./footer.ts";
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
  /** Levels of a column of lists, whose `values` then are those that are not null. */
  readonly levels?: ListLevels;
}

/** Bytes of a page: writers end one at a megabyte, or with the text that goes beyond. */
const maxPageBytes = 128 * 1024 * 1024;

/** A page of this many equal values takes a few bytes, and as many values in memory. */
const maxValues = 16 * 1024 * 1024;

/** Maximum values of a page of lists: each may be a row of its own. */
const maxListValues = 2 * 1024 * 1024;

/** Headers have statistics, which hold whole values. */
const firstRead = 65_536;
const maxHeaderBytes = 16 * 1024 * 1024;

/** The pages of a chunk. @throws RangeError with what is wrong; Error of a decompressor */
export async function* pagesOf(
  file: FileBytes,
  { start, end, values: inChunk, codec }: Chunk,
  column: ColumnType,
): AsyncGenerator<Page, void, undefined> {
  let at = start;
  let read = 0;
  let dictionarySize: number | undefined;
  while (read < inChunk) {
    const raw = await readPage(file, at, end);
    at += raw.header.length + raw.compressed.length;
    if (raw.type === pageType.dictionary) {
      const page = dictionaryPage(raw, codec, column);
      if (dictionarySize !== undefined) throw new RangeError("a chunk has two dictionaries");
      dictionarySize = page.values;
      yield page;
      continue;
    }
    const { page, entries } = dataPage(raw, codec, column, { most: inChunk - read, dictionarySize });
    yield page;
    read += entries;
  }
}

/** The types of a page header. Source: `PageType` of parquet.thrift. */
const pageType = { data: 0, dictionary: 2, dataV2: 3 };

/** A page as it is stored: its header, and its bytes, compressed. */
interface RawPage {
  readonly header: Uint8Array;
  readonly fields: ThriftStruct;
  readonly type: unknown;
  readonly compressed: Uint8Array;
  /** Bytes of the page when it is decompressed, as the header says. */
  readonly length: number;
}

async function readPage(file: FileBytes, at: number, end: number): Promise<RawPage> {
  const { header, fields } = await headerAt(file, at, end);
  const size = integer(fields.get(3), "the length of a page", maxPageBytes);
  const length = integer(fields.get(2), "the length of a page", maxPageBytes);
  if (at + header.length + size > end) throw new RangeError("a page reaches past its chunk");
  const compressed = await file.read(at + header.length, at + header.length + size);
  const checksum = fields.get(4);
  if (checksum !== undefined && checksum !== (crc32(compressed) | 0)) {
    throw new RangeError("the checksum of a page is another: bytes have changed");
  }
  return { header, fields, type: fields.get(1), compressed, length };
}

function dictionaryPage({ header, fields, compressed, length }: RawPage, codec: Codec, column: ColumnType): Page {
  const page = decompress(compressed, codec, length);
  const values = integer(structOf(fields, 7).get(1), "entries of a dictionary", maxValues);
  checkValues({ bytes: page, count: values, by: encoding.plain }, column);
  return { kind: "dictionary", values, usesDictionary: false, header, compressed, valuesAt: 0, page };
}

/** @returns the page, and the number of its entries, those that are null included */
function dataPage(
  { header, fields, type, compressed, length }: RawPage,
  codec: Codec,
  column: ColumnType,
  { most, dictionarySize }: { readonly most: number; readonly dictionarySize: number | undefined },
): { readonly page: Page; readonly entries: number } {
  if (type !== pageType.data && type !== pageType.dataV2) throw new RangeError(`a page of type ${type}`);
  const isSecondVersion = type === pageType.dataV2;
  const isList = column.mostRepeated > 0;
  const own = structOf(fields, isSecondVersion ? 8 : 5);
  const entries = integer(own.get(1), "values of a page", Math.min(isList ? maxListValues : maxValues, most));
  const by = integer(own.get(isSecondVersion ? 4 : 2), "an encoding", 9);
  const usesDictionary = by === encoding.plainDictionary || by === encoding.rleDictionary;
  const parts = isSecondVersion
    ? secondVersion(own, compressed, length, codec)
    : firstVersion(own, decompress(compressed, codec, length), column);
  const { bytes, valuesAt, page } = parts;
  const { present: count, levels, rows } = levelsOf(parts, entries, column);
  if (isSecondVersion) {
    if (own.get(2) !== entries - count) throw new RangeError(`${own.get(2)} of ${entries} values are null`);
    if (own.get(3) !== rows) throw new RangeError(`${rows} rows in a page that says ${own.get(3)}`);
  }
  checkValues({ bytes, count, by, dictionarySize, isSecondVersion: isSecondVersion && !isList }, column);
  const common = { kind: "data", usesDictionary } as const;
  return {
    entries,
    page:
      levels === undefined
        ? { ...common, values: entries, header, compressed, valuesAt, page }
        : { ...common, values: count, ...valuesPage(bytes, count, by), levels },
  };
}

/** The parts of a data page: levels, each without its length, and the encoded values. */
interface PageParts {
  readonly repetitions: Uint8Array;
  readonly definitions: Uint8Array;
  readonly bytes: Uint8Array;
  /** Offset of the values, as in `Page`. */
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
  file: FileBytes,
  at: number,
  end: number,
): Promise<{ header: Uint8Array; fields: ThriftStruct }> {
  for (let length = firstRead; ; length *= 16) {
    const bytes = await file.read(at, Math.min(at + length, end));
    const reader = new ThriftReader(bytes);
    try {
      const fields = reader.struct();
      return { header: bytes.slice(0, reader.at), fields };
    } catch (error) {
      if (at + length >= end || length >= maxHeaderBytes) throw error;
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

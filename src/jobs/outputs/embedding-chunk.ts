/**
 * The embeddings of a row group as a column chunk: lists that all have the same length, whose levels need not be computed.
 * hyparquet-writer would take them as an array of arrays, and put each number into four arrays. Float16 and float32 are
 * stored as they are, int8 and uint8 as the numbers of entries of a dictionary of all 256, a byte each: the format has no
 * integers of 8 bits. Source: https://parquet.apache.org/docs/file-format/
 */
import { crc32 } from "node:zlib";
import type { ColumnChunk, PageHeader, SchemaElement } from "hyparquet";
import type { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { embeddingColumn } from "../columns.ts";
import type { EmbeddingDType, EmbeddingShape } from "./embedding-rows.ts";

/** Bytes of a page, as other writers have it. */
const pageBytes = 1024 * 1024;

const path = [embeddingColumn, "list", "element"];

const physicalTypes = {
  float32: { type: "FLOAT" },
  float16: { type: "FIXED_LEN_BYTE_ARRAY", type_length: 2, logical_type: { type: "FLOAT16" } },
  int8: { type: "INT32", converted_type: "INT_8" },
  uint8: { type: "INT32", converted_type: "UINT_8" },
} as const satisfies Record<EmbeddingDType, Partial<SchemaElement>>;

/** The column in a schema: a list of three levels, in which nothing may be missing. */
export function embeddingElements(dtype: EmbeddingDType): SchemaElement[] {
  return [
    {
      name: embeddingColumn,
      repetition_type: "REQUIRED",
      num_children: 1,
      converted_type: "LIST",
      logical_type: { type: "LIST" },
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", ...physicalTypes[dtype] },
  ];
}

/**
 * @param embeddings of the rows one behind the other, in bytes
 * @param onPage takes what was written, after each page: so much is in memory
 */
export async function writeEmbeddingChunk(
  writer: ByteWriter,
  {
    embeddings,
    rows,
    shape,
  }: { readonly embeddings: Uint8Array; readonly rows: number; readonly shape: EmbeddingShape },
  onPage: () => Promise<void>,
): Promise<ColumnChunk> {
  const { dimension, dtype } = shape;
  const least = { int8: -128, uint8: 0, float16: undefined, float32: undefined }[dtype];
  const start = writer.offset;
  if (least !== undefined) writeDictionary(writer, least);
  const pagesAt = writer.offset;
  const rowBytes = embeddings.length / rows;
  const rowsOfPage = Math.max(1, Math.floor(pageBytes / rowBytes));
  for (let row = 0; row < rows; row += rowsOfPage) {
    const count = Math.min(rowsOfPage, rows - row);
    const values = embeddings.subarray(row * rowBytes, (row + count) * rowBytes);
    const page = Buffer.concat([
      ...withLength(repetitions(count, dimension)),
      ...withLength(Uint8Array.from([...varint(count * dimension * 2), 1])),
      ...(least === undefined ? [values] : dictionaryEntries(values, least)),
    ]);
    writePage(writer, page, {
      type: "DATA_PAGE",
      data_page_header: {
        num_values: count * dimension,
        encoding: least !== undefined ? "RLE_DICTIONARY" : "PLAIN",
        definition_level_encoding: "RLE",
        repetition_level_encoding: "RLE",
      },
    });
    await onPage();
  }
  const size = BigInt(writer.offset - start);
  return {
    file_offset: 0n,
    meta_data: {
      type: physicalTypes[dtype].type,
      encodings: least !== undefined ? ["PLAIN", "RLE", "RLE_DICTIONARY"] : ["PLAIN", "RLE"],
      path_in_schema: path,
      codec: "UNCOMPRESSED",
      num_values: BigInt(rows * dimension),
      total_uncompressed_size: size,
      total_compressed_size: size,
      data_page_offset: BigInt(pagesAt),
      ...(least !== undefined && { dictionary_page_offset: BigInt(start) }),
    },
  };
}

function writeDictionary(writer: ByteWriter, least: number): void {
  const entries = Int32Array.from({ length: 256 }, (_, index) => index + least);
  writePage(writer, new Uint8Array(entries.buffer), {
    type: "DICTIONARY_PAGE",
    dictionary_page_header: { num_values: 256, encoding: "PLAIN" },
  });
}

function writePage(
  writer: ByteWriter,
  page: Uint8Array,
  header: Omit<PageHeader, "compressed_page_size" | "uncompressed_page_size">,
): void {
  const sizes = { uncompressed_page_size: page.length, compressed_page_size: page.length };
  writePageHeader(writer, { ...header, ...sizes, crc: crc32(page) | 0 });
  writer.appendBytes(page);
}

/** A width of 8 bits, and one run of packed values. */
function dictionaryEntries(values: Uint8Array, least: number): Uint8Array[] {
  const groups = Math.ceil(values.length / 8);
  const entries = new Uint8Array(groups * 8);
  for (let index = 0; index < values.length; index++) entries[index] = values[index]! - least;
  return [Uint8Array.from([8, ...varint(groups * 2 + 1)]), entries];
}

/** The int8 numbers of what `dictionaryEntries` wrote. */
export function bytesOfEntries(bytes: Uint8Array, count: number): Int8Array<ArrayBuffer> {
  let at = 1;
  // The length of the run.
  while (bytes[at]! >= 128) at++;
  return Int8Array.from(bytes.subarray(at + 1, at + 1 + count), (entry) => entry - 128);
}

/** The level of each value: 0 where a row begins, else 1. */
function repetitions(rows: number, dimension: number): Uint8Array {
  if (dimension >= 16) {
    // Eight packed bits, of which the lowest comes first, and the rest of the row as a run of ones.
    const row = Uint8Array.from([3, 0xfe, ...varint((dimension - 8) * 2), 1]);
    const all = new Uint8Array(rows * row.length);
    for (let at = 0; at < all.length; at += row.length) all.set(row, at);
    return all;
  }
  const bits = new Uint8Array(Math.ceil((rows * dimension) / 8));
  for (let value = 0; value < rows * dimension; value++) {
    if (value % dimension !== 0) bits[value >> 3]! |= 1 << (value & 7);
  }
  return Buffer.concat([Uint8Array.from(varint(bits.length * 2 + 1)), bits]);
}

function withLength(levels: Uint8Array): Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(levels.length);
  return [length, levels];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return [...bytes, left];
}

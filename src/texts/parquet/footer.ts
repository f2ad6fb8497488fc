/**
 * The footer of a Parquet file: what columns there are, and where their chunks lie. It is checked before hyparquet
 * reads it: hyparquet 1.31.5 goes on for ever at a `num_children` below zero, at an integer of a million bytes, and
 * more.
 */
import type { FileHandle } from "node:fs/promises";
import type { FileMetaData, SchemaElement } from "hyparquet";
import { HpdError } from "../../errors.ts";
import { requireColumns } from "../row.ts";
import type { PhysicalType } from "./check-page.ts";
import { type Codec, isCodec } from "./decompress.ts";
import { ThriftReader } from "./thrift.ts";

/** Bytes of a footer. That of ten thousand columns in a hundred groups has about as many. */
const longestFooter = 128 * 1024 * 1024;

/** Columns in columns, as lists and structs are. */
const deepestSchema = 64;

export interface Column {
  readonly name: string;
  /** The element as hyparquet has it, reduced to what says what a value is. */
  readonly element: SchemaElement & { readonly type: PhysicalType };
  readonly chunks: readonly Chunk[];
}

/** A column's values of a row group. */
export interface Chunk {
  readonly rows: number;
  readonly codec: Codec;
  /** Places in the file, in bytes. */
  readonly start: number;
  readonly end: number;
}

export interface Footer {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/**
 * @param asked columns, each there once; none for all that hold texts or numbers
 * @throws RangeError with what is wrong with the file; HpdError `invalid_argument` where a column isn't there, or is of a
 *   kind that is neither text nor numbers; `unsupported`
 */
export async function readFooter(
  file: FileHandle,
  asked: readonly string[],
  name: string,
  hint: string,
): Promise<Footer> {
  const { size } = await file.stat();
  const bytes = await footerBytes(file, size, name);
  new ThriftReader(bytes).struct();
  const { parquetMetadata } = await import("hyparquet");
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  const present = topLevel(metadata.schema);
  requireColumns([...present.map((element) => element.name)], asked, name, hint);
  const elements =
    asked.length === 0
      ? present.flatMap((element) => flatElementOrNone(element, name) ?? [])
      : asked.map((column) => flatElement(present.find((each) => each.name === column)!, name));
  const columns = elements.map((element) => ({
    name: element.name,
    element,
    chunks: chunksOf(metadata, element.name, size, name),
  }));
  const rows = metadata.row_groups.reduce((sum, group) => sum + whole(group.num_rows, "rows of a group"), 0);
  return { rows, columns };
}

/** The footer with its length and the mark behind it, as hyparquet takes it. */
async function footerBytes(file: FileHandle, size: number, name: string): Promise<Uint8Array> {
  if (size < 12) throw new RangeError("it is too short");
  const end = await readBytes(file, size - 8, size);
  const mark = Buffer.from(end.subarray(4)).toString("latin1");
  if (mark === "PARE") throw new HpdError("unsupported", `${name} is encrypted`);
  if (mark !== "PAR1") throw new RangeError("it doesn't end in PAR1");
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (length > size - 12) throw new RangeError(`its footer of ${length} bytes is longer than it is`);
  if (length > longestFooter) throw new RangeError(`its footer is longer than ${longestFooter} bytes`);
  return readBytes(file, size - 8 - length, size);
}

/** @throws RangeError where the file ends before */
export async function readBytes(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw new RangeError("it has become shorter");
    at += bytesRead;
  }
  return bytes;
}

/** The elements right below the root, of a schema that is written as a list, each element before its children. */
function topLevel(schema: readonly SchemaElement[]): SchemaElement[] {
  const top: SchemaElement[] = [];
  /** Children that are still to come, of the elements above. */
  const open = [1];
  for (const element of schema) {
    while (open.at(-1) === 0) open.pop();
    if (open.length === 0) throw new RangeError("its schema has elements without a parent");
    if (typeof element.name !== "string") throw new RangeError("its schema has an element without a name");
    if (open.length === 2) top.push(element);
    open[open.length - 1]!--;
    const children = element.num_children ?? 0;
    if (!Number.isInteger(children) || children < 0 || children > schema.length) {
      throw new RangeError(`its schema has an element with ${children} children`);
    }
    open.push(children);
    if (open.length > deepestSchema) throw new RangeError(`its schema is nested more than ${deepestSchema} deep`);
  }
  if (schema.length === 0 || open.some((children) => children > 0)) throw new RangeError("its schema has no end");
  return top;
}

const numberKinds: ReadonlySet<string> = new Set([
  "UINT_8",
  "UINT_16",
  "UINT_32",
  "UINT_64",
  "INT_8",
  "INT_16",
  "INT_32",
  "INT_64",
  "INTEGER",
  "DECIMAL",
  "FLOAT16",
]);
const textKinds: ReadonlySet<string> = new Set(["UTF8", "ENUM", "JSON", "STRING"]);

/** @throws HpdError for a column of another kind than text, numbers and booleans */
function flatElement(element: SchemaElement, name: string): Column["element"] {
  const { type, converted_type, logical_type, repetition_type, type_length, scale, precision } = element;
  const kind = logical_type?.type ?? converted_type;
  const refused = (what: string) =>
    new HpdError(
      "invalid_argument",
      `${name}: the column ${JSON.stringify(element.name)} should hold texts or numbers, not ${what}`,
    );
  if (element.num_children || type === undefined || repetition_type === "REPEATED") throw refused("lists or structs");
  if (type === "INT96") throw refused("TIMESTAMP");
  if (type === "BYTE_ARRAY" && (kind === undefined || textKinds.has(kind))) {
    return { name: element.name, type, ...(repetition_type && { repetition_type }), converted_type: "UTF8" };
  }
  const isNumber = type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY" && kind === undefined;
  if (!isNumber && !(kind !== undefined && numberKinds.has(kind))) throw refused(kind ?? "bytes");
  const isFixed = type === "FIXED_LEN_BYTE_ARRAY";
  if (isFixed && !(Number.isInteger(type_length) && type_length! >= 1 && type_length! <= 1024)) {
    throw new RangeError(`values of ${type_length} bytes`);
  }
  if (kind === "FLOAT16" && !(isFixed && type_length === 2)) throw new RangeError(`FLOAT16 as ${type}`);
  const { scale: logicalScale } = logical_type?.type === "DECIMAL" ? logical_type : { scale: undefined };
  const isDecimal = kind === "DECIMAL";
  return {
    name: element.name,
    type,
    ...(repetition_type && { repetition_type }),
    ...(type_length !== undefined && { type_length }),
    ...(precision !== undefined && { precision }),
    ...(isDecimal ? { converted_type: "DECIMAL" as const, scale: scale ?? logicalScale ?? 0 } : {}),
    ...(!isDecimal && converted_type && { converted_type }),
    ...(!isDecimal && logical_type && { logical_type }),
  };
}

function flatElementOrNone(element: SchemaElement, name: string): Column["element"] | undefined {
  try {
    return flatElement(element, name);
  } catch (error) {
    if (error instanceof HpdError) return undefined;
    throw error;
  }
}

function chunksOf(metadata: FileMetaData, column: string, size: number, name: string): Chunk[] {
  return metadata.row_groups.map((group) => {
    const rows = whole(group.num_rows, "rows of a group");
    const chunk = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join(".") === column);
    const meta = chunk?.meta_data;
    if (meta === undefined || chunk?.file_path) throw new RangeError(`a group lacks the column ${column}`);
    const { codec } = meta;
    if (!isCodec(codec)) throw new HpdError("unsupported", `${name} is compressed by ${codec}, which isn't read`);
    const data = whole(meta.data_page_offset, "the place of a page");
    const dictionary = whole(meta.dictionary_page_offset ?? 0n, "the place of a page");
    // Polars leaves out where the dictionary is; others write a 0.
    const start = dictionary > 0 && dictionary < data ? dictionary : data;
    const end = start + whole(meta.total_compressed_size, "the length of a chunk");
    if (whole(meta.num_values, "values of a chunk") !== rows) throw new RangeError("a chunk has more values than rows");
    if (end > size) throw new RangeError("a chunk reaches past the end");
    return { rows, codec, start, end };
  });
}

/** @throws RangeError for what is no number from 0 up */
function whole(value: unknown, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${what}: ${String(value).slice(0, 30)}`);
}

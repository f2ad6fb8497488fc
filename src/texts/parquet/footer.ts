/**
 * The footer of a Parquet file: what columns there are, and where their chunks lie. It is checked before hyparquet
 * reads it: hyparquet 1.31.5 goes on for ever at a `num_children` below zero, at an integer of a million bytes, and
 * more.
 */
import type { FileMetaData, SchemaElement } from "hyparquet";
import { HpdError } from "../../errors.ts";
import { requireColumns } from "../row.ts";
import type { FileBytes } from "./bytes.ts";
import type { PhysicalType } from "./check-page.ts";
import { typedElement } from "./column-element.ts";
import { type Codec, isCodec } from "./decompress.ts";
import { type ListShape, listShapeOf, type SchemaNode } from "./lists.ts";
import { ThriftReader } from "./thrift.ts";
import type { ValueType } from "./value-type.ts";

/** Bytes of a footer. That of ten thousand columns in a hundred groups has about as many. */
const maxFooterBytes = 128 * 1024 * 1024;

/** Columns in columns, as lists and structs are. */
const maxSchemaDepth = 64;

export interface Column {
  readonly name: string;
  /** The element as hyparquet has it, reduced to what says what a value is. */
  readonly element: SchemaElement & { readonly type: PhysicalType };
  /** Shape of a column of lists, whose values then have the element's type. */
  readonly list?: ListShape | undefined;
  readonly chunks: readonly Chunk[];
  /** The type, where types are exact; undefined for integers of 64 bits without a sign, of which some need more than one with. */
  readonly type?: ValueType | undefined;
  /** Makes of a value that isn't null what its type says. */
  readonly convert?: ((value: unknown) => unknown) | undefined;
  /** Whether bytes that are not UTF-8 are missing values: of a column that nobody named and that may hold other bytes. */
  readonly isPerhapsText?: boolean | undefined;
  /** Said of bytes that are no text, in a column that nobody named and that may hold other bytes. */
  readonly ifNotText?: string | undefined;
}

/** A column's values of a row group. */
export interface Chunk {
  readonly rows: number;
  /** The number of values, missing ones and the places of empty lists counted: of lists more than rows. */
  readonly values: number;
  readonly codec: Codec;
  /** Places in the file, in bytes. */
  readonly start: number;
  readonly end: number;
}

export interface Footer {
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly groups: readonly RowGroup[];
  /** Texts that writers put beside the data, by their keys. */
  readonly keyValues: ReadonlyMap<string, string>;
}

export interface RowGroup {
  readonly rows: number;
  /** The place in the file where its first column begins. */
  readonly start: number;
}

export interface FooterOptions {
  /** Columns, each there once; none for all that hold texts or numbers. */
  readonly asked: readonly string[];
  /** Whether columns of lists of these are columns too. */
  readonly lists: boolean;
  /** Whether dates, times and decimals are columns too, as `ValueType` has them, and any other column is refused. */
  readonly exact?: boolean | undefined;
  /** The file, for messages. */
  readonly name: string;
  /** Put behind the message that a column is missing. */
  readonly hint: string;
}

/**
 * @throws RangeError with what is wrong with the file; HpdError `invalid_argument` where a column isn't there, or is of
 *   a kind that is neither text nor numbers; `unsupported`
 */
export async function readFooter(
  file: FileBytes,
  { asked, lists, exact = false, name, hint }: FooterOptions,
): Promise<Footer> {
  const { size } = file;
  const bytes = await footerBytes(file, size, name);
  new ThriftReader(bytes).struct();
  const { parquetMetadata } = await import("hyparquet");
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  const present = topLevel(metadata.schema);
  const names = present.map(({ element }) => element.name);
  requireColumns(names, asked, name, hint);
  const columnOf = (node: SchemaNode): Column => {
    const list = lists ? listShapeOf(node) : undefined;
    const leaf = list?.leaf ?? node.element;
    const value = typedElement(leaf, node.element.name, {
      isList: list !== undefined,
      exact,
      name,
    });
    const path = list?.path ?? [node.element.name];
    const chunks = metadata.row_groups.map((group) => chunkOf(group, path, { isList: list !== undefined, size, name }));
    const type = value.type && (list === undefined ? value.type : (`list<${value.type}>` as const));
    const mayBeOther = asked.length === 0 && hasPlainBytes(leaf);
    const refusal = `${name}: the column ${JSON.stringify(node.element.name)} holds bytes that are no text`;
    if (mayBeOther && exact && metadata.row_groups.some((group) => saysOtherBytes(group, path))) {
      throw new HpdError("invalid_argument", refusal);
    }
    const ifNotText = mayBeOther && exact ? `${refusal}: name the others, those to keep, by --keep` : undefined;
    return { name: node.element.name, ...value, type, list, chunks, isPerhapsText: mayBeOther && !exact, ifNotText };
  };
  const columns =
    asked.length === 0
      ? columnsThatAre(present, columnOf, exact)
      : asked.map((column) => columnOf(present[names.indexOf(column)]!));
  const groups = metadata.row_groups.map((group) => ({
    rows: whole(group.num_rows, "rows of a group"),
    start: group.columns.reduce((least, { meta_data: meta }) => Math.min(least, meta ? startOf(meta) : least), size),
  }));
  return {
    rows: groups.reduce((sum, group) => sum + group.rows, 0),
    columns,
    groups,
    keyValues: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ""])),
  };
}

/** Whether a column holds bytes of which nothing says what they are: old writers mark texts no better than pictures. */
function hasPlainBytes({ type, converted_type, logical_type }: SchemaElement): boolean {
  return type === "BYTE_ARRAY" && converted_type === undefined && logical_type === undefined;
}

/** Whether the least or the greatest value of a chunk, where the writer noted them, has bytes that are no text before its end. */
function saysOtherBytes(group: FileMetaData["row_groups"][number], path: readonly string[]): boolean {
  const { statistics = {} } = chunkMetadataOf(group, path) ?? {};
  const { min, max, min_value = min, max_value = max } = statistics;
  // What is no text was read as U+FFFD; the end of a longer value may be cut within a character.
  return [min_value, max_value].some((value) => typeof value === "string" && /\ufffd./s.test(value));
}

function chunkMetadataOf(group: FileMetaData["row_groups"][number], path: readonly string[]) {
  const column = path.join(".");
  return group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join(".") === column)?.meta_data;
}

/** The footer with its length and the mark behind it, as hyparquet takes it. */
async function footerBytes(file: FileBytes, size: number, name: string): Promise<Uint8Array> {
  if (size < 12) throw new RangeError("it is too short");
  const end = await file.read(size - 8, size);
  const mark = Buffer.from(end.subarray(4)).toString("latin1");
  if (mark === "PARE") throw new HpdError("unsupported", `${name} is encrypted`);
  if (mark !== "PAR1") throw new RangeError("it doesn't end in PAR1");
  const length = new DataView(end.buffer, end.byteOffset).getUint32(0, true);
  if (length > size - 12) throw new RangeError(`its footer of ${length} bytes is longer than it is`);
  if (length > maxFooterBytes) throw new RangeError(`its footer is longer than ${maxFooterBytes} bytes`);
  return file.read(size - 8 - length, size);
}

/** The elements right below the root, of a schema that is written as a list, each element before its children. */
function topLevel(schema: readonly SchemaElement[]): readonly SchemaNode[] {
  /** Children that are still to come, of the elements above. */
  const open = [1];
  /** The children of these that came, by their depth. */
  const nodes: SchemaNode[][] = [[]];
  for (const element of schema) {
    while (open.at(-1) === 0) open.pop();
    if (open.length === 0) throw new RangeError("its schema has elements without a parent");
    if (typeof element.name !== "string") throw new RangeError("its schema has an element without a name");
    const below: SchemaNode[] = [];
    nodes[open.length - 1]!.push({ element, children: below });
    nodes[open.length] = below;
    open[open.length - 1]!--;
    const children = element.num_children ?? 0;
    if (!Number.isInteger(children) || children < 0 || children > schema.length) {
      throw new RangeError(`its schema has an element with ${children} children`);
    }
    open.push(children);
    if (open.length > maxSchemaDepth) throw new RangeError(`its schema is nested more than ${maxSchemaDepth} deep`);
  }
  if (schema.length === 0 || open.some((children) => children > 0)) throw new RangeError("its schema has no end");
  return nodes[0]![0]!.children;
}

/** @throws what isn't about the kind of a column; where all have to be columns, for those of another kind, too */
function columnsThatAre(
  nodes: readonly SchemaNode[],
  columnOf: (node: SchemaNode) => Column,
  areAll: boolean,
): Column[] {
  const columns: Column[] = [];
  const others: HpdError[] = [];
  for (const node of nodes) {
    try {
      columns.push(columnOf(node));
    } catch (error) {
      if (!(error instanceof HpdError) || error.code !== "invalid_argument") throw error;
      others.push(error);
    }
  }
  if (!areAll || others.length === 0) return columns;
  const kept = columns.map(({ name }) => name).join(",");
  throw new HpdError(
    "invalid_argument",
    `${others.map(({ message }) => message).join("; ")}. Name the columns to keep, as in --keep ${kept}, or write what is ` +
      "in the others into columns of their own",
  );
}

function chunkOf(
  group: FileMetaData["row_groups"][number],
  path: readonly string[],
  { isList, size, name }: { readonly isList: boolean; readonly size: number; readonly name: string },
): Chunk {
  const column = path.join(".");
  const rows = whole(group.num_rows, "rows of a group");
  const chunk = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema.join(".") === column);
  const meta = chunk?.meta_data;
  if (meta === undefined || chunk?.file_path) throw new RangeError(`a group lacks the column ${column}`);
  const { codec } = meta;
  if (!isCodec(codec)) throw new HpdError("unsupported", `${name} is compressed by ${codec}, which isn't read`);
  const start = startOf(meta);
  const end = start + whole(meta.total_compressed_size, "the length of a chunk");
  const values = whole(meta.num_values, "values of a chunk");
  if (isList ? values < rows : values !== rows) throw new RangeError(`a chunk has ${values} values in ${rows} rows`);
  if (end > size) throw new RangeError("a chunk reaches past the end");
  return { rows, values, codec, start, end };
}

type ChunkMetadata = NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>;

function startOf(meta: ChunkMetadata): number {
  const data = whole(meta.data_page_offset, "the place of a page");
  const dictionary = whole(meta.dictionary_page_offset ?? 0n, "the place of a page");
  // Polars leaves out where the dictionary is; others write a 0.
  return dictionary > 0 && dictionary < data ? dictionary : data;
}

/** @throws RangeError for what is no number from 0 up */
function whole(value: unknown, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`${what}: ${String(value).slice(0, 30)}`);
}

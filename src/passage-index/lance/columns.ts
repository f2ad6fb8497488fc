/**
 * The columns of the table of passages. Each field and type of metadata has a column of its own, added with the first
 * passage that has it, so that filters read single values instead of the JSON of all passages.
 */
import type { IndexDescription } from "../description.ts";
import { isScalar } from "../filter.ts";
import type { Metadata } from "../store.ts";
import { wellFormed } from "../well-formed.ts";
import type { Arrow } from "./load-lancedb.ts";

/** The vector that LanceDB compares: float32, or bits by Hamming distance. */
export const vectorColumn = "vector";

/** The numbers of `int8`, by which the nearest by bits are rescored. */
export const numbersColumn = "numbers";

/** Columns from which a `Passage` is read. */
export const passageColumns = ["id", "file", "first_line", "last_line", "text", "metadata"];

/**
 * Maximum number of columns for fields. Queries of LanceDB take longer with every column: half a second with six
 * hundred. Further fields have no column, and a filter on them reads the JSON.
 */
export const mostFieldColumns = 64;

export const scalarTypes = ["string", "number", "boolean"] as const;

export type ScalarType = (typeof scalarTypes)[number];

/** The type of a column: of a value, or of the items of a list that have a type. */
export type FieldType = ScalarType | `${ScalarType}s`;

export function scalarTypeOf(value: unknown): ScalarType | undefined {
  return isScalar(value) ? (typeof value as ScalarType) : undefined;
}

/** The values that the columns of a field get from a value of metadata; a list may have items of several types. */
export function columnValuesOf(value: unknown): [FieldType, unknown][] {
  const type = scalarTypeOf(value);
  if (type !== undefined) return [[type, value]];
  if (!Array.isArray(value)) return [];
  return scalarTypes.flatMap((type) => {
    const items = value.filter((item) => scalarTypeOf(item) === type);
    return items.length === 0 ? [] : [[`${type}s`, items]];
  });
}

/** The name of a column, which needs no quotes: other characters than letters and digits become code points. */
export function fieldColumn(field: string, type: FieldType): string {
  const name = wellFormed(field).replace(/[^a-z0-9]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
  return `${type}_${name}`;
}

/** The field of a column, and its type or that of its items: the inverse of `fieldColumn`. */
export function fieldOfColumn(column: string): [field: string, type: ScalarType] {
  const [, type, name] = /^(string|number|boolean)s?_(.*)$/.exec(column)!;
  const field = name!.replace(/_([0-9a-f]+)_/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
  return [field, type as ScalarType];
}

/** The columns that passages with such metadata need. */
export function fieldColumnsOf(all: Iterable<Metadata>): Map<string, FieldType> {
  const columns = new Map<string, FieldType>();
  for (const metadata of all) {
    for (const [field, value] of Object.entries(metadata)) {
      for (const [type] of columnValuesOf(value)) columns.set(fieldColumn(field, type), type);
    }
  }
  return columns;
}

/** Whether a column is that of a field. */
export function isFieldColumn(name: string): boolean {
  return /^(?:string|number|boolean)s?_/.test(name);
}

/** Bytes of the bits of an embedding: one or three bits per dimension. */
function bitBytes({ dimension, precision }: IndexDescription): number {
  return Math.ceil((precision === "int8" ? 3 * dimension : dimension) / 8);
}

export function passageFields(arrow: typeof Arrow, description: IndexDescription): Arrow.Field[] {
  const { Field, FixedSizeList, Float32, Int32, Int8, Uint8, Utf8 } = arrow;
  const list = (size: number, type: Arrow.DataType) => new FixedSizeList(size, new Field("item", type, true));
  return [
    new Field("id", new Utf8(), false),
    new Field("file", new Utf8(), false),
    new Field("part", new Int32(), false),
    // Identifies the part by characters that need no quotes.
    new Field("part_key", new Utf8(), false),
    new Field("hash", new Utf8(), false),
    // Position in the part: the passage at 0 represents the part when parts are listed.
    new Field("position", new Int32(), false),
    new Field("first_line", new Int32(), false),
    new Field("last_line", new Int32(), false),
    new Field("text", new Utf8(), false),
    new Field("metadata", new Utf8(), false),
    ...(description.precision === "float32"
      ? [new Field(vectorColumn, list(description.dimension, new Float32()), true)]
      : [new Field(vectorColumn, list(bitBytes(description), new Uint8()), true)]),
    ...(description.precision === "int8"
      ? [new Field(numbersColumn, list(description.dimension, new Int8()), true)]
      : []),
  ];
}

export function fieldOfType(arrow: typeof Arrow, name: string, type: FieldType): Arrow.Field {
  const types = { string: arrow.Utf8, number: arrow.Float64, boolean: arrow.Bool };
  const scalar = new types[type.replace(/s$/, "") as ScalarType]();
  const isList = type.endsWith("s");
  return new arrow.Field(name, isList ? new arrow.List(new arrow.Field("item", scalar, true)) : scalar, true);
}

/**
 * The columns of the table of passages. What filters compare is a column of its own for each field and type, which
 * comes when the first passage has it: so that a filter reads a few numbers or texts, and not everybody's JSON.
 */
import type { IndexDescription } from "../description.ts";
import { isScalar } from "../filter.ts";
import type { Metadata } from "../store.ts";
import { wellFormed } from "../well-formed.ts";
import type { Arrow } from "./load-lancedb.ts";

/** A vector that LanceDB compares: `float32`, or bits, of which it counts those that differ. */
export const vectorColumn = "vector";

/** The numbers of `int8`, with which the nearest by bits are put in order. */
export const numbersColumn = "numbers";

/** What a `Passage` is read from. */
export const passageColumns = ["id", "file", "first_line", "last_line", "text", "metadata"];

/**
 * Of fields. LanceDB takes longer over every query with every column that there is: six hundred made it half a second.
 * Fields that come later have none, and a filter on them reads the JSON.
 */
export const mostFieldColumns = 64;

export const scalarTypes = ["string", "number", "boolean"] as const;

export type ScalarType = (typeof scalarTypes)[number];

/** Of one value, or of the items of a list that have this type. */
export type FieldType = ScalarType | `${ScalarType}s`;

export function scalarTypeOf(value: unknown): ScalarType | undefined {
  return isScalar(value) ? (typeof value as ScalarType) : undefined;
}

/** What a value of metadata is, column by column: a list may have items of several types. */
export function columnValuesOf(value: unknown): [FieldType, unknown][] {
  const type = scalarTypeOf(value);
  if (type !== undefined) return [[type, value]];
  if (!Array.isArray(value)) return [];
  return scalarTypes.flatMap((type) => {
    const items = value.filter((item) => scalarTypeOf(item) === type);
    return items.length === 0 ? [] : [[`${type}s`, items]];
  });
}

/** Any name as one that needs no quotes: letters and digits as they are, all else by its number. */
export function fieldColumn(field: string, type: FieldType): string {
  const name = wellFormed(field).replace(/[^a-z0-9]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
  return `${type}_${name}`;
}

/** What `fieldColumn` made a column of, and of lists the type of their items. */
export function fieldOfColumn(column: string): [field: string, type: ScalarType] {
  const [, type, name] = /^(string|number|boolean)s?_(.*)$/.exec(column)!;
  const field = name!.replace(/_([0-9a-f]+)_/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
  return [field, type as ScalarType];
}

/** The columns that filters on these passages need. */
export function fieldColumnsOf(all: Iterable<Metadata>): Map<string, FieldType> {
  const columns = new Map<string, FieldType>();
  for (const metadata of all) {
    for (const [field, value] of Object.entries(metadata)) {
      for (const [type] of columnValuesOf(value)) columns.set(fieldColumn(field, type), type);
    }
  }
  return columns;
}

/** Of a table's columns, those of fields. */
export function isFieldColumn(name: string): boolean {
  return /^(?:string|number|boolean)s?_/.test(name);
}

/** Bytes of the bits of an embedding: one a dimension for its sign, or three. */
export function bitBytes({ dimension, precision }: IndexDescription): number {
  return Math.ceil((precision === "int8" ? 3 * dimension : dimension) / 8);
}

export function passageFields(arrow: typeof Arrow, description: IndexDescription): Arrow.Field[] {
  const { Field, FixedSizeList, Float32, Int32, Int8, Uint8, Utf8 } = arrow;
  const list = (size: number, type: Arrow.DataType) => new FixedSizeList(size, new Field("item", type, true));
  return [
    new Field("id", new Utf8(), false),
    new Field("file", new Utf8(), false),
    new Field("part", new Int32(), false),
    // Of the part, so that it is found by something that needs no quotes.
    new Field("part_key", new Utf8(), false),
    new Field("hash", new Utf8(), false),
    // In the part: the passage at 0 stands for the part when parts are listed.
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

/** The columns that are kept beside the embeddings: which there are, of what type, and the cells of a row. */
import { firstFew } from "../common/first-few.ts";
import { HpdError } from "../errors.ts";
import { jsonOf } from "../texts/exact-integers.ts";
import type { InputFormat } from "../texts/open-texts.ts";
import type { ValueType } from "../texts/parquet/value-type.ts";
import { fieldOf, isDecimal } from "../texts/row.ts";
import type { Row } from "../texts/source.ts";
import { plainOf } from "./plain-value.ts";

/** The types that can be asked for. */
export const columnTypes = ["text", "integer", "number", "boolean", "json"] as const;

/**
 * `json`: a list, an object, or values of several kinds, as their JSON. Columns of Parquet have dates, times, decimals, UUIDs
 * and lists, too: `timestamp[us,UTC]`, `decimal(10,2)`, `list<text>`.
 */
export type ColumnType = (typeof columnTypes)[number] | ValueType;

export interface KeptColumn {
  readonly name: string;
  readonly type: ColumnType;
}

export type Cell = string | number | bigint | boolean | null | readonly Cell[];

/** The column of the embeddings. */
export const embeddingColumn = "embedding";

/** A column as it is asked for: `year`, or `year:integer`. */
export function parseColumn(text: string): { readonly name: string; readonly type?: ColumnType } {
  const [, name, type] = /^(.+):([a-z]+)$/s.exec(text) ?? [];
  if (name === undefined || !columnTypes.some((each) => each === type)) return { name: text };
  return { name, type: type as ColumnType };
}

/**
 * The columns of all rows, from the first ones.
 *
 * @param asked names with or without types; undefined for all that the sample has
 * @throws HpdError `invalid_argument` for a column that no row of the sample has, one twice, or the embeddings' name
 */
export function columnsOf(
  sample: readonly Row[],
  asked: readonly string[] | undefined,
  format: InputFormat,
): KeptColumn[] {
  const present = [...new Set(sample.flatMap(({ values }) => Object.keys(values)))];
  const wanted = asked?.map(parseColumn) ?? present.map((name) => ({ name }));
  const names = wanted.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new HpdError("invalid_argument", `the column ${JSON.stringify(twice)} is kept twice`);
  return wanted.map((column) => {
    const { name, type } = column as ReturnType<typeof parseColumn>;
    if (name === embeddingColumn) {
      const advice = "keep the others by their names, or give it another name in the input";
      throw new HpdError(
        "invalid_argument",
        `the input has a column ${embeddingColumn}, as the output will: ${advice}`,
      );
    }
    if (sample.length > 0 && !present.includes(name)) {
      const there = firstFew(present, 20);
      throw new HpdError("invalid_argument", `the input has no column ${JSON.stringify(name)} to keep, only ${there}`);
    }
    return { name, type: type ?? typeOf(sample, name, format) };
  });
}

function typeOf(sample: readonly Row[], name: string, format: InputFormat): ColumnType {
  if (format === "text" || format === "csv" || format === "tsv") return "text";
  const ofFile = sample.find(({ types }) => types?.has(name))?.types?.get(name);
  if (ofFile !== undefined) return ofFile;
  const values = sample.map((row) => fieldOf(row, name));
  const kinds = new Set(values.flatMap((value) => kindOf(value) ?? []));
  if (kinds.size === 0) return "text";
  const [kind] = kinds;
  if (kinds.size === 1) return kind!;
  const areNumbers = values.every((value) => value === undefined || value === null || isNumber(value));
  return areNumbers && kinds.has("number") ? "number" : "json";
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function kindOf(value: unknown): ColumnType | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "boolean";
  // Beyond 64 bits with a sign, which integers have here: as its digits.
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? "integer" : "text";
  if (Number.isSafeInteger(value)) return "integer";
  return typeof value === "number" ? "number" : "json";
}

/**
 * The cells of a row.
 *
 * @param isAll whether the columns are all that there are: then a row with another is refused
 * @throws HpdError `invalid_argument` for a value of another type
 */
export function cellsOf(row: Row, columns: readonly KeptColumn[], isAll: boolean): Cell[] {
  if (isAll) requireNoOthers(row, columns);
  return columns.map(({ name, type }) => {
    const value = fieldOf(row, name);
    if (value === undefined || value === null) return null;
    const ofFile = row.types?.get(name);
    if (ofFile === type && !columnTypes.some((each) => each === type)) return ofParquet(value as Cell, type);
    const plain = ofFile === undefined ? value : plainOf(value, ofFile);
    const cell = cellOf(plain, type);
    if (cell !== undefined) return cell;
    const got = `${ofFile === undefined ? "" : `${ofFile} `}${jsonOf(plain).slice(0, 60)}`;
    const advice = `say of what type the column is, as in --keep ${name}:${kindOf(plain)}, or keep it as ${name}:json`;
    throw new HpdError(
      "invalid_argument",
      `${row.place}: the column ${JSON.stringify(name)} should be ${type}, got ${got}; ${advice}`,
    );
  });
}

/** Integers as the writer has them; all else as it was read. */
function ofParquet(value: Cell, type: ColumnType): Cell {
  if (type !== "list<integer>") return value;
  return (value as readonly (number | bigint | null)[]).map((each) => (each === null ? null : BigInt(each)));
}

function requireNoOthers(row: Row, columns: readonly KeptColumn[]): void {
  const names = Object.keys(row.values);
  if (names.length <= columns.length && names.every((name) => columns.some((column) => column.name === name))) return;
  const other = names.find((name) => columns.every((column) => column.name !== name));
  if (other === undefined) return;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: has a column ${JSON.stringify(other)} that the first rows lack: name all that are to be kept, by --keep`,
  );
}

/** @returns undefined where it isn't of that type */
function cellOf(value: unknown, type: ColumnType): Cell | undefined {
  const text = typeof value === "string" ? value.trim() : undefined;
  switch (type) {
    case "text":
      return typeof value === "object" ? undefined : String(value);
    case "json":
      return jsonOf(value);
    case "boolean":
      if (typeof value === "boolean") return value;
      return text === "" ? null : text === "true" || text === "false" ? text === "true" : undefined;
    case "integer":
      if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : undefined;
      if (Number.isSafeInteger(value)) return BigInt(value as number);
      if (text === undefined) return undefined;
      if (text === "") return null;
      return /^[+-]?\d{1,19}$/.test(text) ? cellOf(BigInt(text.replace(/^\+/, "")), type) : undefined;
    case "number":
      if (typeof value === "number" || typeof value === "bigint") return Number(value);
      if (text === undefined) return undefined;
      return text === "" ? null : isDecimal(text) ? Number(text) : undefined;
    default:
      // A type of Parquet, which the value would have from its file.
      return undefined;
  }
}

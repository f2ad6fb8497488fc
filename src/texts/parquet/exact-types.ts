/**
 * Types of columns that hold more than texts and numbers: dates and times as the whole numbers that the file has, decimals
 * as the integer of all their digits. hyparquet would make Dates of milliseconds and floating-point numbers of them.
 *
 * Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
import type { SchemaElement } from "hyparquet";
import type { PhysicalType } from "./check-page.ts";
import type { ScalarType, TimeUnit } from "./value-type.ts";

/** An element as hyparquet is to have it, and what becomes of its values. */
export interface ExactElement {
  readonly element: SchemaElement & { readonly type: PhysicalType };
  readonly type: ScalarType;
  readonly convert?: ((value: unknown) => unknown) | undefined;
}

/** @returns undefined for what is none of these types, such as texts and numbers @throws RangeError */
export function exactElement(element: SchemaElement): ExactElement | undefined {
  const { name, type, converted_type, logical_type, repetition_type, type_length } = element;
  if (element.num_children || type === undefined || repetition_type === "REPEATED") return undefined;
  const bare = { name, type, ...(repetition_type && { repetition_type }), ...(type_length && { type_length }) };
  if (type === "INT96") return { element: bare, type: "timestamp[ns]", convert: inRange };
  const kind = logical_type?.type ?? converted_type;
  if (kind === "DATE" && type === "INT32") return { element: bare, type: "date" };
  if (kind === "DECIMAL") return decimalElement(element, bare);
  // A column of nothing but null.
  if (kind === "NULL" && type !== "FIXED_LEN_BYTE_ARRAY") return { element: bare, type: "text" };
  if (logical_type?.type === "UUID" && type === "FIXED_LEN_BYTE_ARRAY" && type_length === 16) {
    return { element: { ...bare, logical_type }, type: "uuid" };
  }
  const time = timeType(element);
  return time && { element: bare, type: time };
}

function timeType({ type, converted_type, logical_type }: SchemaElement): ScalarType | undefined {
  const [, older, olderUnit] = /^(TIME|TIMESTAMP)_(MILLIS|MICROS)$/.exec(converted_type ?? "") ?? [];
  const isTime = logical_type?.type === "TIME" || logical_type?.type === "TIMESTAMP";
  const kind = (isTime ? logical_type.type : older)?.toLowerCase() as "time" | "timestamp" | undefined;
  const unit = units[(isTime ? logical_type.unit : olderUnit) ?? ""];
  if (kind === undefined || unit === undefined) return undefined;
  if (type !== (kind === "time" && unit === "ms" ? "INT32" : "INT64")) return undefined;
  const isUtc = isTime ? logical_type.isAdjustedToUTC : true;
  return `${kind}[${unit}${isUtc ? ",UTC" : ""}]`;
}

const units: Readonly<Record<string, TimeUnit>> = { MILLIS: "ms", MICROS: "us", NANOS: "ns" };

/** Most digits of a decimal, which are those of Arrow's widest. */
const maxDigits = 76;

function decimalElement(
  { logical_type, precision = 0, scale = 0 }: SchemaElement,
  bare: ExactElement["element"],
): ExactElement | undefined {
  if (!["INT32", "INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"].includes(bare.type)) return undefined;
  const digits = logical_type?.type === "DECIMAL" ? logical_type : { precision, scale };
  const areDigits = [digits.precision, digits.scale].every(Number.isInteger);
  if (!areDigits || digits.precision < 1 || digits.precision > maxDigits || digits.scale < 0) {
    throw new RangeError(`a decimal of ${digits.precision} digits, ${digits.scale} behind the point`);
  }
  return { element: bare, type: `decimal(${digits.precision},${digits.scale})`, convert: digitsOf };
}

function digitsOf(value: unknown): bigint {
  if (value instanceof Uint8Array) return BigInt.asIntN(8 * value.length, bigEndian(value));
  return BigInt(value as number | bigint);
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** Nanoseconds of 96 bits as those of 64, which reach from 1677 to 2262. */
function inRange(value: unknown): unknown {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
  throw new RangeError("a time before 1677 or after 2262");
}

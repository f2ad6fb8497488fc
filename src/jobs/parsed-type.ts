/** The parts of a column's type. */
import type { ScalarType, TimeUnit, ValueType } from "../texts/parquet/value-type.ts";

/** The parts of a type, of which at most one is there. */
export interface ParsedType {
  readonly time?: { readonly kind: "time" | "timestamp"; readonly unit: TimeUnit; readonly isUtc: boolean };
  readonly decimal?: { readonly precision: number; readonly scale: number };
  /** The type of a list's elements. */
  readonly element?: ScalarType;
}

export function parsedType(type: ValueType | "json"): ParsedType {
  const [, element] = /^list<(.+)>$/.exec(type) ?? [];
  if (element !== undefined) return { element: element as ScalarType };
  const [, kind, unit, isUtc] = /^(time|timestamp)\[(ms|us|ns)(,UTC)?\]$/.exec(type) ?? [];
  if (kind !== undefined) {
    return { time: { kind: kind as "time", unit: unit as TimeUnit, isUtc: isUtc !== undefined } };
  }
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? {} : { decimal: { precision: Number(precision), scale: Number(scale) } };
}

/** Bytes of a decimal of so many digits: 4, 8, or as many as hold them with a sign. */
export function decimalBytes(precision: number): number {
  if (precision <= 9) return 4;
  return precision <= 18 ? 8 : Math.ceil((precision * Math.log2(10) + 1) / 8);
}

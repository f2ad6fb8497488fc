/** The columns of a file in the schema of Parquet. Source: LogicalTypes.md of the format. */
import type { SchemaElement } from "hyparquet";
import type { ScalarType } from "../../texts/parquet/value-type.ts";
import type { ColumnType, KeptColumn } from "../columns.ts";
import { decimalBytes, parsedType } from "../parsed-type.ts";

const text: Partial<SchemaElement> = {
  ...{ type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
};

/** A column in the schema; of one of lists, a list of three levels. */
export function columnElements({ name, type }: KeptColumn): SchemaElement[] {
  const { element } = parsedType(type);
  if (element === undefined) return [{ name, repetition_type: "OPTIONAL", ...valueElement(type) }];
  const list = { converted_type: "LIST", logical_type: { type: "LIST" } } as const;
  return [
    { name, repetition_type: "OPTIONAL", num_children: 1, ...list },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", ...valueElement(element) },
  ];
}

const units = { ms: "MILLIS", us: "MICROS", ns: "NANOS" } as const;

function valueElement(type: ColumnType): Partial<SchemaElement> {
  const { time, decimal } = parsedType(type);
  if (time !== undefined) {
    const { kind, isUtc } = time;
    const unit = units[time.unit];
    const name = kind === "time" ? "TIME" : "TIMESTAMP";
    // Older readers know the other name, which says UTC.
    const isOld = isUtc && unit !== "NANOS";
    return {
      type: kind === "time" && unit === "MILLIS" ? "INT32" : "INT64",
      logical_type: { type: name, isAdjustedToUTC: isUtc, unit },
      ...(isOld && { converted_type: `${name}_${unit}` as const }),
    };
  }
  if (decimal !== undefined) {
    const bytes = decimalBytes(decimal.precision);
    return {
      ...(bytes > 8 && { type: "FIXED_LEN_BYTE_ARRAY", type_length: bytes }),
      ...(bytes <= 8 && { type: bytes === 4 ? "INT32" : "INT64" }),
      ...decimal,
      ...{ converted_type: "DECIMAL", logical_type: { type: "DECIMAL", ...decimal } },
    };
  }
  return elementOf[type as keyof typeof elementOf];
}

const elementOf: Readonly<
  Record<Extract<ColumnType, "json"> | Exclude<ScalarType, `${string}[${string}` | `${string}(${string}`>, object>
> = {
  text,
  json: text,
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  uuid: { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, logical_type: { type: "UUID" } },
};

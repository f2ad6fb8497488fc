/** The element of a column's values, reduced to what says what a value is. */
import type { SchemaElement } from "hyparquet";
import { HpdError } from "../../errors.ts";
import { type ExactElement, exactElement } from "./exact-types.ts";
import type { ScalarType } from "./value-type.ts";

type ValueElement = ExactElement["element"];

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
function flatElement(element: SchemaElement, name: string): ValueElement {
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

/** The element of a column's values, and their type where types are exact. @throws HpdError as `flatElement` */
export function typedElement(
  leaf: SchemaElement,
  column: string,
  { isList, exact, name }: { readonly isList: boolean; readonly exact: boolean; readonly name: string },
): Omit<ExactElement, "type"> & { readonly type?: ScalarType | undefined } {
  // Of a list none is missing, since the levels that say so are not those of the element.
  const own: SchemaElement = { ...leaf, name: column, ...(isList && { repetition_type: "REQUIRED" }) };
  const typed = exact ? exactElement(own) : undefined;
  if (typed !== undefined) return typed;
  const element = flatElement(own, name);
  return { element, type: exact ? plainType(element) : undefined };
}

function plainType({ type, converted_type, logical_type }: ValueElement): ScalarType | undefined {
  if (type === "BYTE_ARRAY") return "text";
  if (type === "BOOLEAN") return "boolean";
  if (type !== "INT32" && type !== "INT64") return "number";
  const isUnsigned = converted_type === "UINT_64" || (logical_type?.type === "INTEGER" && !logical_type.isSigned);
  return isUnsigned && type === "INT64" ? undefined : "integer";
}

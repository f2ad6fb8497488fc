/** A row's cells as what they should be. */
import { HpdError } from "../errors.ts";
import type { Row } from "./source.ts";

/** What to do where a row lacks the field that holds the text: every command that reads rows has this flag. */
export const fieldHint = "; name one with --field";

/**
 * @param hint put behind the message that the field is missing: what to do
 * @throws HpdError `invalid_argument` where the row has no such text
 */
export function textOf(row: Row, field: string, hint = ""): string {
  const value = cellOf(row, field, hint);
  if (typeof value === "string") return value;
  throw wrongKind(row, field, "a string", value);
}

/** As `textOf`, but null, which is how pandas writes what is missing, is an empty text: for who leaves empty ones out. */
export function textOrEmptyOf(row: Row, field: string, hint = ""): string {
  return row.values[field] === null ? "" : textOf(row, field, hint);
}

/** A number, or a text that is one, as the cells of CSV are. @throws HpdError `invalid_argument` for anything else. */
export function numberOf(row: Row, field: string): number {
  const value = cellOf(row, field, "");
  const isNumeric = ["number", "bigint"].includes(typeof value) || (typeof value === "string" && value.trim() !== "");
  const number = isNumeric ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw wrongKind(row, field, "a number", value);
}

function cellOf({ values, place }: Row, field: string, hint: string): unknown {
  if (values[field] !== undefined) return values[field];
  const present = Object.keys(values).join(", ") || "none";
  throw new HpdError("invalid_argument", `${place}: has no field ${JSON.stringify(field)}, only ${present}${hint}`);
}

function wrongKind({ place }: Row, field: string, expected: string, value: unknown): HpdError {
  // JSON has neither NaN nor the bigints of Parquet, alone or in a list.
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const plain = (_: string, part: unknown) => (typeof part === "bigint" ? Number(part) : part);
  const got = isNumber ? value : JSON.stringify(value, plain).slice(0, 60);
  return new HpdError(
    "invalid_argument",
    `${place}: the field ${JSON.stringify(field)} should be ${expected}, got ${got}`,
  );
}

/** @throws HpdError `invalid_argument` where the columns of a table are not as asked for, each there once. */
export function requireColumns(present: readonly string[], asked: readonly string[], name: string, hint: string): void {
  for (const column of asked) {
    const times = present.filter((cell) => cell === column).length;
    if (times === 1) continue;
    const problem =
      times === 0 ? `no column ${JSON.stringify(column)}, only ${present.join(", ")}` : `${times} columns ${column}`;
    throw new HpdError("invalid_argument", `${name} has ${problem}${hint}`);
  }
}

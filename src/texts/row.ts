/** The cells of a row, converted to the expected types. */
import { firstFew } from "../common/first-few.ts";
import { HpdError } from "../errors.ts";
import type { Row } from "./source.ts";

/** Called for a row that can't be read, with its place; the next rows are read. */
export type BadRow = (problem: HpdError) => void;

/** Whether a row could be read; if not, `onBadRow` is called. @throws the problem without `onBadRow` */
export function isRead<Read extends object>(
  row: Read | HpdError,
  onBadRow: BadRow | undefined,
): row is Exclude<Read, HpdError> {
  if (!(row instanceof HpdError)) return true;
  if (onBadRow === undefined) throw row;
  onBadRow(row);
  return false;
}

/** Advice for a row without the text's field: every command that reads rows has this flag. */
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

/** The text as by `textOf`; null, as pandas writes missing values, is an empty text. */
export function textOrEmptyOf(row: Row, field: string, hint = ""): string {
  return fieldOf(row, field) === null ? "" : textOf(row, field, hint);
}

/** The row's own field of that name, which may be `constructor` or `__proto__`. */
export function fieldOf({ values }: Row, field: string): unknown {
  return Object.hasOwn(values, field) ? values[field] : undefined;
}

/** Whether Python's `float` reads the text as a finite number; not `0x10`, which is one to JavaScript. */
export function isDecimal(text: string): boolean {
  return decimal.test(text.trim()) && Number.isFinite(Number(text));
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A number, or a text that is one, as the cells of CSV are. @throws HpdError `invalid_argument` for anything else. */
export function numberOf(row: Row, field: string): number {
  const value = cellOf(row, field, "");
  const isNumeric = ["number", "bigint"].includes(typeof value) || (typeof value === "string" && isDecimal(value));
  const number = isNumeric ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw wrongKind(row, field, "a number", value);
}

function cellOf(row: Row, field: string, hint: string): unknown {
  const value = fieldOf(row, field);
  if (value !== undefined) return value;
  const present = listed(Object.keys(row.values));
  throw new HpdError("invalid_argument", `${row.place}: has no field ${JSON.stringify(field)}, only ${present}${hint}`);
}

/** The first of many names. */
function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return firstFew(
    names.map((name) => (name.length > 60 ? `${name.slice(0, 59)}…` : name)),
    maxListed,
  );
}

const maxListed = 20;

function wrongKind({ place }: Row, field: string, expected: string, value: unknown): HpdError {
  // JSON has neither NaN nor the bigints of Parquet, alone or in a list.
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const plain = (_: string, part: unknown) => (typeof part === "bigint" ? Number(part) : part);
  const got = isNumber ? value : JSON.stringify(value, plain)?.slice(0, 60);
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
    if (times > 1) {
      const problem = `${times} columns ${JSON.stringify(column)}, of which one is meant`;
      throw new HpdError("invalid_argument", `${name} has ${problem}: give the others names of their own in the file`);
    }
    const problem = `no column ${JSON.stringify(column)}, only ${listed(present)}`;
    throw new HpdError("invalid_argument", `${name} has ${problem}${hint}`);
  }
}

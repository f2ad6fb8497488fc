/** What a row gives a loss: texts and the numbers of its label, or why it is of no use. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { fieldOf, numberOf, textOrEmptyOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { RowLoss } from "../losses/loss.ts";
import type { ClassNames } from "./class-names.ts";
import type { Fields } from "./columns.ts";

export interface RowValues {
  /** One of each column; of a group all of its members, and then its negatives. */
  readonly texts: readonly string[];
  readonly labels: readonly number[];
}

/** What decides the numbers of a label: the loss, and the dimension of embeddings, which some labels have. */
export interface LabelsOf {
  readonly loss: RowLoss;
  readonly dimension: number;
}

/** Why a row is left out: a text is empty or a group has no two texts, or a negative is the anchor or a positive. */
export type Useless = "empty" | "contradictory";

/**
 * @param classes of a loss whose labels have names
 * @throws HpdError `invalid_argument` where a field isn't what it should be
 */
export function rowValues(
  row: Row,
  { columns, label, isGroup }: Fields,
  of: LabelsOf,
  classes?: ClassNames,
): RowValues | Useless {
  const numbers = (name: string) =>
    classes === undefined ? labelsOf(row, name, columns.length, of) : [classes.numberOf(row, name)];
  const labels = label === undefined ? [] : numbers(label);
  const given = columns.slice(2).map((column) => textOrEmptyOf(row, column));
  const members = isGroup
    ? membersOf(row, columns[0]!)
    : columns.slice(0, 2).map((column) => textOrEmptyOf(row, column));
  const texts = [...members, ...given];
  if (texts.some(isEmpty) || (isGroup && members.length < 2)) return "empty";
  if (given.length > 0) {
    const own = new Set(members.map(normalized));
    if (given.some((negative) => own.has(normalized(negative)))) return "contradictory";
  }
  return { texts, labels };
}

/** The different texts of a group. */
function membersOf(row: Row, column: string): string[] {
  const found = fieldOf(row, column);
  const value = found === null ? [] : found;
  if (Array.isArray(value)) {
    const wrong = value.find((text) => typeof text !== "string" && text !== null);
    if (wrong === undefined)
      return [...new Set((value as (string | null)[]).map((text) => text ?? ""))].filter((text) => !isEmpty(text));
  }
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${column} should be a list of texts, got ${describe(value)}`,
  );
}

const isEmpty = (text: string): boolean => text.trim() === "";

/** As a tokenizer without cases sees it: a negative that differs by that alone is none. */
function normalized(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

function labelsOf(row: Row, label: string, columns: number, { loss, dimension }: LabelsOf): number[] {
  const labels = numbersOf(row, label, loss.labelNames);
  const [[name, shape]] = Object.entries(loss.labels(dimension, columns)) as [[string, readonly number[]]];
  const wanted = elementCount(shape);
  if (labels.length !== wanted) {
    const value = fieldOf(row, label);
    throw new HpdError(
      "invalid_argument",
      `${row.place}: the field ${label} should hold ${wanted === 1 ? "a number" : `${wanted} numbers`}` +
        `${name === "target" ? ", an embedding of the model's dimension" : ""}, got ` +
        `${Array.isArray(value) ? `a list of ${value.length}` : describe(value)}`,
    );
  }
  const { labelRange } = loss;
  const wrong = labels.find((value) => !(labelRange?.holds(value) ?? true));
  if (wrong === undefined) return labels;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${label} should be ${labelRange!.expected}, got ${wrong}`,
  );
}

/** True and false are 1 and 0, as in Python. */
function numbersOf(row: Row, label: string, names: readonly string[] = []): number[] {
  const value = fieldOf(row, label);
  const named = names.indexOf(String(value));
  if (named >= 0) return [named];
  if (typeof value === "boolean") return [Number(value)];
  const isName = names.length > 0 && typeof value === "string" && !/^\s*\d+\s*$/.test(value);
  const given = Array.isArray(value) || isName ? [value].flat() : [numberOf(row, label)];
  // Parquet has whole numbers of 64 bits.
  const numbers = given.map((number) => (typeof number === "bigint" ? Number(number) : number));
  if (numbers.every((number) => typeof number === "number" && Number.isFinite(Math.fround(number)))) return numbers;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${label} should hold ` +
      `${names.length > 0 ? `one of ${names.join(", ")}, or its place among them` : "numbers that float32 has"}, got ` +
      describe(value),
  );
}

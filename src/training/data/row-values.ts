/** The texts and the label of a row, as a loss takes them, or the reason why the row is left out. */
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { fieldOf, numberOf, textOrEmptyOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import type { RowLoss } from "../losses/loss.ts";
import type { ClassNames } from "./class-names.ts";
import type { Fields } from "./columns.ts";

export interface RowValues {
  /** One for each column; of a group all members, then the negatives. */
  readonly texts: readonly string[];
  readonly labels: readonly number[];
}

/** The loss and the dimension, which determine a label's shape. */
export interface LabelSpec {
  readonly loss: RowLoss;
  /** Dimension of the model's embeddings, for labels that are embeddings. */
  readonly dimension: number;
}

/** The reason why a row is left out: see `DataCounts`. */
export type SkipReason = "empty" | "contradictory";

/**
 * @param classes of a loss with class labels
 * @throws HpdError `invalid_argument` for a field of another type
 */
export function rowValues(
  row: Row,
  { columns, label, isGroup, isList }: Fields,
  spec: LabelSpec,
  classes?: ClassNames,
): RowValues | SkipReason {
  const listed = isList ? [textOrEmptyOf(row, columns[0]!), ...listOf(row, columns[1]!)] : undefined;
  if (listed?.length === 1 || listed?.some(isEmpty)) return "empty";
  const numbers = (name: string) =>
    classes === undefined ? labelsOf(row, name, listed?.length ?? columns.length, spec) : [classes.numberOf(row, name)];
  const labels = label === undefined ? [] : numbers(label);
  if (listed !== undefined) return { texts: listed, labels };
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

/** The distinct texts of a group. */
function membersOf(row: Row, column: string): string[] {
  return [...new Set(listOf(row, column))].filter((text) => !isEmpty(text));
}

/** The texts of a list; those that are missing are empty, and a list that is has none. */
function listOf(row: Row, column: string): string[] {
  const found = fieldOf(row, column);
  const value = found === null ? [] : found;
  if (Array.isArray(value)) {
    const wrong = value.find((text) => typeof text !== "string" && text !== null);
    if (wrong === undefined) return (value as (string | null)[]).map((text) => text ?? "");
  }
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${column} should be a list of texts, got ${describe(value)}`,
  );
}

const isEmpty = (text: string): boolean => text.trim() === "";

/** The text without differences of case, width and white space, which many tokenizers don't see. */
function normalized(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

function labelsOf(row: Row, label: string, columns: number, { loss, dimension }: LabelSpec): number[] {
  const labels = numbersOf(row, label, loss.labelNames);
  const [[name, shape]] = Object.entries(loss.labels(dimension, columns)) as [[string, readonly number[]]];
  const wanted = elementCount(shape);
  if (loss.takesDifferences && labels.length === wanted + 1) {
    const [first, ...others] = labels as [number, ...number[]];
    return others.map((score) => first - score);
  }
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

/** The numbers of a label; true and false, in CSV words, are 1 and 0, as in Python. @param names that may stand for their index */
function numbersOf(row: Row, label: string, names: readonly string[] = []): number[] {
  const value = fieldOf(row, label);
  const named = names.indexOf(String(value));
  if (named >= 0) return [named];
  const truth = ["false", "true"].indexOf(String(value).trim().toLowerCase());
  if (truth >= 0) return [truth];
  const isName = names.length > 0 && typeof value === "string" && !/^\s*\d+\s*$/.test(value);
  const given = Array.isArray(value) || isName ? [value].flat() : [numberOf(row, label)];
  // Parquet has whole numbers of 64 bits.
  const numbers = given.map((number) => (typeof number === "bigint" ? Number(number) : number));
  if (numbers.every((number) => typeof number === "number" && Number.isFinite(Math.fround(number)))) return numbers;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the field ${label} should hold ` +
      `${names.length > 0 ? `one of ${names.join(", ")}, or its index from 0` : "numbers that fit float32"}, got ` +
      describe(value),
  );
}

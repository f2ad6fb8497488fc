/** Which fields of a row are its texts, or a group of texts that are positives of each other, and which is its label. */
import { HpdError } from "../../errors.ts";
import { fieldOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { columnCounts, type RowLoss } from "../losses/loss.ts";

export interface Fields {
  /** In the order in which the loss takes them; that of a group twice, for the anchor and its positive. */
  readonly columns: readonly string[];
  /** Whether the first two are drawn from a list of texts, each a positive of the others. */
  readonly isGroup: boolean;
  /** Undefined where the loss takes none. */
  readonly label: string | undefined;
  /** What the labels are called that are numbered from 0 for the loss, in this order; undefined where none are. */
  readonly classes?: readonly string[] | undefined;
}

/** The fields that are asked for: that of a group once. */
export type AskedFields = Readonly<Record<"columns", readonly string[] | undefined>> &
  Readonly<Record<"label", string | undefined>>;

/** Names that data sets give their columns, by the place of the column. */
export const columnNames: readonly (readonly string[])[] = [
  ["anchor", "query", "question", "sentence1", "sentence", "text1", "premise", "title"],
  ["positive", "answer", "document", "passage", "sentence2", "text2", "hypothesis", "body"],
  ["negative", "negative_1"],
];

const groupName = "texts";

const labelNames = ["score", "label", "margin", "similarity"] as const;

/**
 * @param first row of the first file
 * @throws HpdError `invalid_argument` where they can't be told, or aren't as many as the loss takes
 */
export function fieldsOf(first: Row, loss: RowLoss, asked: AskedFields): Fields {
  const named = asked.columns ?? knownColumns(first);
  const isGroup = named.length > 0 && Array.isArray(fieldOf(first, named[0]!));
  // Of a group two texts are drawn; a text alone may be its own positive, if that was asked for.
  const isAlone = asked.columns?.length === 1 && loss.pairsWithItself;
  const columns = isGroup || isAlone ? [named[0]!, ...named] : named;
  const { min, max } = loss.columns;
  if (isGroup && max < 2) {
    throw new HpdError(
      "invalid_argument",
      `${first.place}: ${named[0]} is a list of texts that are positives of each other, but the loss takes texts one by one`,
    );
  }
  if (columns.length < min || (asked.columns !== undefined && columns.length > max)) {
    throw new HpdError(
      "invalid_argument",
      `${first.place}: the loss takes ${columnCounts(loss)} columns of texts, got ${columns.join(", ") || "none"} of the fields ` +
        `${Object.keys(first.values).join(", ")}: name them in order, \`columns: ["anchor", "positive"${min > 2 ? ', "negative"' : ""}]\`` +
        (loss.pairsWithItself ? ", or one alone, whose texts are then their own positives (unsupervised SimCSE)" : ""),
    );
  }
  const taken = columns.slice(0, max);
  return { columns: taken, isGroup, label: labelOf(first, loss, taken.length, asked.label) };
}

function knownColumns(row: Row): string[] {
  const isGroup = Array.isArray(fieldOf(row, groupName));
  const [, , negatives] = columnNames;
  const places = isGroup ? [[groupName], negatives!] : columnNames;
  const found = places.map((known) => known.find((name) => fieldOf(row, name) !== undefined));
  const missing = found.indexOf(undefined);
  const columns = (missing === -1 ? found : found.slice(0, missing)) as string[];
  if (columns.at(-1) !== "negative_1") return columns;
  for (let more = 2; fieldOf(row, `negative_${more}`) !== undefined; more++) columns.push(`negative_${more}`);
  return columns;
}

function labelOf(row: Row, loss: RowLoss, columns: number, asked: string | undefined): string | undefined {
  const [wanted] = Object.keys(loss.labels(1, columns));
  if (wanted === undefined) {
    if (asked === undefined) return undefined;
    throw new HpdError("invalid_argument", `label is ${asked}, but the loss takes no label`);
  }
  const label = asked ?? [wanted, ...labelNames].find((name) => fieldOf(row, name) !== undefined);
  if (label !== undefined) return label;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the loss takes the label ${wanted}, but the fields are ${Object.keys(row.values).join(", ")}: ` +
      'name it, `label: "score"`',
  );
}

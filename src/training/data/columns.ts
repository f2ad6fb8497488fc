/** The fields of a row that hold its texts, or a group of texts that are positives of each other, and its label. */
import { HpdError } from "../../errors.ts";
import { fieldOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { columnCounts, type RowLoss } from "../losses/loss.ts";

export interface Fields {
  /** The fields of the loss's columns; the field of a group twice, for the anchor and its positive. */
  readonly columns: readonly string[];
  /** Whether the first two columns are drawn from a list of texts, each a positive of the others. */
  readonly isGroup: boolean;
  /** Whether the second is a list of texts; it is there once for each text of the longest list. */
  readonly isList: boolean;
  /** The field of the label; undefined for a loss without one. */
  readonly label: string | undefined;
  /** A field with the usual name of a label, which a loss without one passes over. */
  readonly unusedLabel?: string | undefined;
  /** A field that some rows have and that would be a column of texts if the first row had it. */
  readonly unusedColumn?: string | undefined;
  /** The names of the classes that the loss has as numbers from 0; undefined for a label that is no class. */
  readonly classes?: readonly string[] | undefined;
}

/** The fields named by the user; the field of a group once. */
export interface AskedFields {
  readonly columns: readonly string[] | undefined;
  readonly label: string | undefined;
}

/** Usual names of the first, second and third column in public datasets. */
export const columnNames: readonly (readonly string[])[] = [
  ["anchor", "query", "question", "sentence1", "sentence", "text1", "premise", "title"],
  ["positive", "answer", "document", "passage", "sentence2", "text2", "hypothesis", "body"],
  ["negative", "negative_1"],
];

const groupName = "texts";

/** Names of a column with a list of texts, and of that with their labels, as those of sentence-transformers' examples. */
const [listNames, listLabel] = [["docs", "documents", "passages", "answers"], "labels"] as const;

const labelNames = ["score", "label", "margin", "similarity"] as const;

/**
 * @param first the first row of the first file
 * @throws HpdError `invalid_argument` for fields that can't be recognized, or not as many as the loss takes
 */
export function fieldsOf(first: Row, loss: RowLoss, asked: AskedFields): Fields {
  const named = asked.columns ?? knownColumns(first, loss);
  const isList = loss.takesLists === true && named.length === 2 && Array.isArray(fieldOf(first, named[1]!));
  const isGroup = named.length > 0 && Array.isArray(fieldOf(first, named[0]!));
  // Two texts are drawn from a group; one column alone, named by the user, is anchor and positive.
  const isAlone = asked.columns?.length === 1 && loss.pairsWithItself;
  const columns = isGroup || isAlone ? [named[0]!, ...named] : named;
  const { min, max } = loss.columns;
  if (isGroup && max < 2) {
    throw new HpdError(
      "invalid_argument",
      `${first.place}: the field ${named[0]} should hold a text, got a list: the loss takes no groups of positives`,
    );
  }
  if ((columns.length < min && !isList) || (asked.columns !== undefined && columns.length > max)) {
    throw new HpdError(
      "invalid_argument",
      `${first.place}: the loss takes ${columnCounts(loss)} columns of texts, got ${columns.join(", ") || "none"} of the fields ` +
        `${Object.keys(first.values).join(", ")}: name them in order, \`columns: ["anchor", "positive"${min > 2 ? ', "negative"' : ""}]\`` +
        (loss.takesLists ? ", or a query and a list of documents" : "") +
        (loss.pairsWithItself ? ", or one field, whose texts are then their own positives (unsupervised SimCSE)" : ""),
    );
  }
  const taken = columns.slice(0, max);
  const label = labelOf(first, loss, taken.length, asked.label);
  const unusedLabel = label === undefined ? labelNames.find((name) => fieldOf(first, name) !== undefined) : undefined;
  return { columns: taken, isGroup, isList, label, unusedLabel };
}

/** A field of a later row that the first one would have had to have to be a column; undefined if there is none. */
export function unusedColumnOf(row: Row, loss: RowLoss, { columns }: Fields): string | undefined {
  if (columns.length >= loss.columns.max) return undefined;
  return knownColumns(row, loss).find((name) => !columns.includes(name));
}

function knownColumns(row: Row, loss: RowLoss): string[] {
  const isGroup = Array.isArray(fieldOf(row, groupName));
  const [queries, , negatives] = columnNames;
  const list = loss.takesLists ? listNames.find((name) => Array.isArray(fieldOf(row, name))) : undefined;
  const known = isGroup ? [[groupName], negatives!] : list !== undefined ? [queries!, [list]] : columnNames;
  const found = known.map((names) => names.find((name) => fieldOf(row, name) !== undefined));
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
    throw new HpdError("invalid_argument", `label should be left out for a loss without one, got ${asked}`);
  }
  const known = [wanted, ...(loss.takesLists ? [listLabel] : []), ...(loss.takesDifferences ? ["scores"] : [])];
  const label = asked ?? [...known, ...labelNames].find((name) => fieldOf(row, name) !== undefined);
  if (label !== undefined) return label;
  throw new HpdError(
    "invalid_argument",
    `${row.place}: the loss takes the label ${wanted}, got the fields ${Object.keys(row.values).join(", ")}: ` +
      'name its field, `label: "score"`',
  );
}

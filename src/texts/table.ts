/** The rows of a CSV or TSV file with a header row. */
import { HpdError } from "../errors.ts";
import { type BadRow, isRead, requireColumns } from "./row.ts";
import type { Row } from "./source.ts";
import { TableParser, type TableRecord } from "./table-records.ts";

export interface TableOptions {
  readonly delimiter: "," | "\t";
  readonly columns: readonly string[];
  readonly name: string;
  readonly hint: string;
  /** Told the header row as it came. */
  readonly onHeader: (raw: string) => void;
  readonly onBadRow?: BadRow | undefined;
}

/**
 * @throws HpdError `corrupt_file` for a row that has another number of cells than the header, unless there is an
 *   `onBadRow`
 */
export async function* rowsOfTable(
  pieces: AsyncIterable<string>,
  { delimiter, columns, name, hint, onHeader, onBadRow }: TableOptions,
): AsyncGenerator<Row, void, undefined> {
  // A tab-separated file has no quoting: there, a quotation mark is a character.
  const parser = new TableParser(name, delimiter, delimiter === ",");
  let header: readonly string[] | undefined;
  for await (const record of recordsOf(pieces, parser)) {
    if (header === undefined) {
      header = record.cells;
      if (header.length > parser.mostCells) {
        throw new HpdError("corrupt_file", `${name} has more than ${parser.mostCells} columns`);
      }
      parser.mostCells = header.length;
      requireDelimiter(header, columns, name, delimiter);
      requireColumns(header, columns, name, hint);
      onHeader(record.raw);
      continue;
    }
    const row = rowOf(record, header, name);
    if (isRead(row, onBadRow)) yield row;
  }
}

/** Characters that separate columns in files of others, and what to do about it. */
const delimiters = {
  ";": { name: "semicolons", advice: "write it with commas" },
  "|": { name: "vertical bars", advice: "write it with commas" },
  "\t": { name: "tabs", advice: "name it .tsv, or give tsv as the format of the input" },
  ",": { name: "commas", advice: "name it .csv, or give csv as the format of the input" },
} as const;

/**
 * Requires that a header of a single cell isn't one of several columns between other characters. Where no column is asked
 * for, rows would be read as if all was well.
 *
 * @throws HpdError `invalid_argument`
 */
function requireDelimiter(
  header: readonly string[],
  columns: readonly string[],
  name: string,
  delimiter: TableOptions["delimiter"],
): void {
  const [cell = ""] = header;
  if (header.length !== 1 || columns.includes(cell)) return;
  for (const [other, { name: others, advice }] of Object.entries(delimiters)) {
    const names = cell.split(other).map((part) => part.trim().replace(/^"(.*)"$/, "$1"));
    if (other === delimiter || names.length < 2) continue;
    const isMeant = columns.length > 0 || other !== ",";
    if (!(isMeant && names.every(isName))) continue;
    const wanted = delimiters[delimiter].name;
    throw new HpdError("invalid_argument", `${name} has ${others} between its columns, not ${wanted}: ${advice}`);
  }
}

/** Whether a text is what columns are called. */
function isName(text: string): boolean {
  return /^[\p{L}\p{N}_. -]{1,60}$/u.test(text);
}

async function* recordsOf(
  pieces: AsyncIterable<string>,
  parser: TableParser,
): AsyncGenerator<TableRecord, void, undefined> {
  for await (const piece of pieces) yield* parser.read(piece);
  yield* parser.end();
}

function rowOf(
  { cells, raw, firstLine, lastLine }: TableRecord,
  header: readonly string[],
  name: string,
): Row | HpdError {
  const place = `${name}, line ${firstLine}`;
  if (cells.length !== header.length) {
    const got = cells.length > header.length ? "more" : cells.length;
    return new HpdError("corrupt_file", `${place}: expected ${header.length} cells as in the header, got ${got}`);
  }
  const values = Object.fromEntries(header.map((column, index) => [column, cells[index]]));
  return { values, place, firstLine, number: lastLine, raw };
}

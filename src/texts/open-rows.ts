/** Opens a file of rows, in the format of its extension or a given one. */
import { HpdError } from "../errors.ts";
import { openDecoded } from "./decoded.ts";
import { rowsOfJson } from "./json-rows.ts";
import { rowsOfJsonl } from "./jsonl.ts";
import { linesOf } from "./lines.ts";
import { openParquet } from "./parquet.ts";
import { parseExactly, parseValue } from "./parse-object.ts";
import type { BadRow } from "./row.ts";
import type { Row, RowSource } from "./source.ts";
import { rowsOfTable } from "./table.ts";
import { withoutZip, zipOf } from "./unzip.ts";

export const rowFormats = ["jsonl", "csv", "tsv", "parquet", "json"] as const;

export type RowFormat = (typeof rowFormats)[number];

const formatOfExtension: Readonly<Record<string, RowFormat>> = {
  csv: "csv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  tsv: "tsv",
};

/** The format by the extension without `.gz` or `.zst`; undefined for an extension of no table. */
export function rowFormatOf(file: string): RowFormat | undefined {
  const extension = /\.([^./\\]+)$/.exec(withoutZip(file))?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(formatOfExtension, extension) ? formatOfExtension[extension] : undefined;
}

export interface OpenRowsOptions {
  readonly format: RowFormat;
  /**
   * Columns that a table must have; rows of JSON are checked as they are read, by `textOf` and `numberOf`. A JSON file
   * of strings has the one that is asked for. Of Parquet no others are read; where none is asked for, all are that hold
   * texts or numbers.
   */
  readonly columns: readonly string[];
  /** Whether columns of lists in a Parquet file are read too, as those of JSON are. Default false. */
  readonly lists?: boolean | undefined;
  /** Put behind the message that a column is missing. */
  readonly hint?: string;
  /** Told of rows that can't be read; without it, the first one ends the reading. */
  readonly onBadRow?: BadRow;
  /** Whether integers of JSON that a number doesn't hold are bigints, rather than rounded. Default false. */
  readonly exactIntegers?: boolean | undefined;
  /** Ends a read that waits for input. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param file `-` is standard input
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument`; the last two while rows are taken, too
 */
export async function openRows(
  file: string,
  { format, columns, lists, hint = "", onBadRow, exactIntegers, signal }: OpenRowsOptions,
): Promise<RowSource> {
  if (format === "parquet") {
    if (zipOf(file) !== undefined || file === "-")
      throw new HpdError("invalid_argument", "a Parquet file is read as it is: not from a pipe, not as .gz or .zst");
    return openParquet(file, { columns, lists, hint });
  }
  const { name, pieces, fractionRead } = await openDecoded(file, { isReturnEnd: isTable(format), signal });
  let header: string | undefined;
  const rows = rowsOfPieces(pieces, name, {
    format,
    columns,
    hint,
    exactIntegers,
    onHeader: (raw) => {
      header = raw;
    },
    ...(onBadRow && { onBadRow }),
  });
  return { name, rows, header: () => header, fractionRead };
}

/** Whether rows of the format stand below a header, and end at any kind of line end. */
export function isTable(format: string): boolean {
  return format === "csv" || format === "tsv";
}

export interface PiecesOptions extends Pick<OpenRowsOptions, "columns" | "hint" | "onBadRow" | "exactIntegers"> {
  readonly format: Exclude<RowFormat, "parquet">;
  /** Told the header row of a table as it came. */
  readonly onHeader?: (raw: string) => void;
}

/**
 * The rows of characters, cut anywhere.
 *
 * @param name of the file, for messages
 * @throws HpdError `corrupt_file`, `invalid_argument`
 */
export function rowsOfPieces(
  pieces: AsyncIterable<string>,
  name: string,
  { format, columns, hint = "", onBadRow, exactIntegers = false, onHeader = () => {} }: PiecesOptions,
): AsyncIterable<Row> {
  const parse = exactIntegers ? parseExactly : parseValue;
  if (format === "jsonl") return rowsOfJsonl(linesOf(pieces), name, { parse, onBadRow });
  if (format === "json") return rowsOfJson(pieces, name, columns, { parse, onBadRow });
  const delimiter = format === "csv" ? "," : "\t";
  return rowsOfTable(pieces, { delimiter, columns, name, hint, onHeader, onBadRow });
}

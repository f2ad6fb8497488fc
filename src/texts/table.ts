/** The rows of a CSV or TSV file with a header row. csv-parse, because quoting and line breaks in cells are its work. */
import { Readable } from "node:stream";
import { HpdError } from "../errors.ts";
import { longestLine } from "./decoded.ts";
import { requireColumns } from "./row.ts";
import type { Row } from "./source.ts";

export interface TableOptions {
  readonly delimiter: "," | "\t";
  readonly columns: readonly string[];
  readonly name: string;
  readonly hint: string;
  /** Told the header row as it came. */
  readonly onHeader: (raw: string) => void;
}

export async function* rowsOfTable(
  pieces: AsyncIterable<string>,
  { delimiter, columns, name, hint, onHeader }: TableOptions,
): AsyncGenerator<Row, void, undefined> {
  const { CsvError, parse } = await import("csv-parse");
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    // A quotation mark that is never closed has the rest of the file in one cell.
    max_record_size: longestLine,
    raw: true,
    skip_empty_lines: true,
    // A tab-separated file has no quoting: there, a quotation mark is a character.
    quote: delimiter === "\t" ? null : '"',
  });
  const source = Readable.from(pieces);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let countedTwice = 0;
  try {
    for await (const { record, raw: withLineEnds, info } of parser) {
      // Empty lines before it, too. A cell that begins or ends so is quoted.
      const raw = (withLineEnds as string).replace(/^[\r\n]+|[\r\n]+$/g, "");
      if (header === undefined) {
        header = record as string[];
        requireColumns(header, columns, name, hint);
        onHeader(raw);
        continue;
      }
      // CRLF within quotes is two lines to csv-parse.
      countedTwice += raw.split("\r\n").length - 1;
      const number = info.lines - countedTwice;
      const values = Object.fromEntries(header.map((column, index) => [column, record[index]]));
      yield { values, place: `${name}, line ${number}`, number, raw };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new HpdError("corrupt_file", `${name}: ${cause.message}`, { cause });
  } finally {
    source.destroy();
  }
}

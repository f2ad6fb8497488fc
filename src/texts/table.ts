/** The rows of a CSV or TSV file with a header row. csv-parse, because quoting and line breaks in cells are its work. */
import { Readable } from "node:stream";
import { HpdError } from "../errors.ts";
import { requireColumns } from "./row.ts";
import type { Row } from "./source.ts";

export async function* rowsOfTable(
  pieces: AsyncIterable<string>,
  delimiter: "," | "\t",
  columns: readonly string[],
  name: string,
  hint: string,
): AsyncGenerator<Row, void, undefined> {
  const { CsvError, parse } = await import("csv-parse");
  const parser = parse({
    bom: true,
    columns: (header: string[]) => {
      requireColumns(header, columns, name, hint);
      return header;
    },
    delimiter,
    info: true,
    skip_empty_lines: true,
    // A tab-separated file has no quoting: there, a quotation mark is a character.
    quote: delimiter === "\t" ? null : '"',
  });
  const source = Readable.from(pieces);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const { record, info } of parser) {
      yield { values: record, place: `${name}, line ${info.lines}`, number: info.lines };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new HpdError("corrupt_file", `${name}: ${cause.message}`, { cause });
  } finally {
    source.destroy();
  }
}

/** A column of a CSV or TSV file with a header row. csv-parse, because quoting and line breaks in cells are its work. */
import { Readable } from "node:stream";
import { HpdError } from "../errors.ts";
import { textOf } from "./jsonl.ts";

export async function* columnOfTable(
  pieces: AsyncIterable<string>,
  delimiter: "," | "\t",
  column: string,
  name: string,
): AsyncGenerator<string, void, undefined> {
  const { CsvError, parse } = await import("csv-parse");
  const parser = parse({
    bom: true,
    columns: (header: string[]) => requireColumn(header, column, name),
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
    for await (const { record, info } of parser) yield textOf(record, column, `${name}, line ${info.lines}`);
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new HpdError("corrupt_file", `${name}: ${cause.message}`, { cause });
  } finally {
    source.destroy();
  }
}

/** @throws HpdError `invalid_argument` where the header does not name the column once. */
function requireColumn(header: string[], column: string, name: string): string[] {
  const times = header.filter((cell) => cell === column).length;
  if (times === 1) return header;
  const problem =
    times === 0 ? `no column ${JSON.stringify(column)}, only ${header.join(", ")}` : `${times} columns ${column}`;
  throw new HpdError("invalid_argument", `${name} has ${problem}; name one with --field`);
}

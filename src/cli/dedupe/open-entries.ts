/** The entries to deduplicate: lines of text or rows of a table, each with the text by which it is compared. */
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOf } from "../../texts/lines.ts";
import { openRows, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import { fieldHint, textOrEmptyOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";

/** Formats whose entries are lines that can be written unchanged. */
export const entryFormats = [
  "text",
  ...rowFormats.filter((format) => format !== "parquet" && format !== "json"),
] as const;

export type EntryFormat = (typeof entryFormats)[number];

export interface Entry {
  /** Number of its first line, from 1. */
  readonly line: number;
  readonly text: string;
  /** The unchanged line or row, without the line end. */
  readonly raw: string;
}

export interface EntrySource {
  readonly entries: AsyncIterable<Entry>;
  /** The header row, as of `RowSource`. */
  header(): string | undefined;
  fractionRead(): number | undefined;
}

/** Opens a file of entries. @throws HpdError as `openRows`, and for a Parquet or JSON file */
export async function openEntries(
  file: string,
  format: EntryFormat | undefined,
  field: string,
  signal: AbortSignal,
): Promise<EntrySource> {
  const known = format ?? rowFormatOf(file) ?? "text";
  if (known === "parquet" || known === "json") {
    const hint = known === "json" ? "; if it has one object per line, use --input-format jsonl" : "";
    throw new HpdError(
      "invalid_argument",
      `${file} should be ${entryFormats.join(", ")}, whose rows can be written unchanged, got ${known}: convert it first${hint}`,
    );
  }
  if (known === "text") {
    const { pieces, fractionRead } = await openDecoded(file, { signal });
    return { entries: entriesOfLines(linesOf(pieces)), header: () => undefined, fractionRead };
  }
  const { rows, header, fractionRead } = await openRows(file, {
    format: known,
    columns: [field],
    hint: fieldHint,
    signal,
  });
  return { entries: entriesOfRows(rows, field), header, fractionRead };
}

async function* entriesOfLines(lines: AsyncIterable<string>): AsyncGenerator<Entry, void, undefined> {
  let line = 0;
  for await (const text of lines) yield { line: ++line, text, raw: text };
}

async function* entriesOfRows(rows: AsyncIterable<Row>, field: string): AsyncGenerator<Entry, void, undefined> {
  for await (const row of rows) {
    yield { line: row.firstLine, text: textOrEmptyOf(row, field, fieldHint), raw: row.raw! };
  }
}

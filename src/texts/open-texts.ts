/** Opens a file of texts: the format by the file's name, or as it is told. */
import { openDecoded } from "./decoded.ts";
import { linesOf } from "./lines.ts";
import { openRows, rowFormatOf, rowFormats } from "./open-rows.ts";
import { fieldHint, textOf } from "./row.ts";
import type { Row, TextSource } from "./source.ts";

export const inputFormats = ["text", ...rowFormats] as const;

export type InputFormat = (typeof inputFormats)[number];

/**
 * @param file `-` is standard input
 * @param field the field or column that holds the text, of every format but text
 * @param signal ends a read that waits for input
 * @param textOfRow `textOrEmptyOf` where null is an empty text
 */
export async function openTexts(
  file: string,
  format: InputFormat | undefined,
  field: string,
  signal: AbortSignal,
  textOfRow = textOf,
): Promise<TextSource> {
  const known = format ?? rowFormatOf(file) ?? "text";
  if (known === "text") {
    const { name, pieces, fractionRead } = await openDecoded(file, { signal });
    return { name, texts: linesOf(pieces), fractionRead };
  }
  const { name, rows, fractionRead } = await openRows(file, {
    format: known,
    columns: [field],
    hint: fieldHint,
    signal,
  });
  return { name, texts: textsOf(rows, (row) => textOfRow(row, field, fieldHint)), fractionRead };
}

async function* textsOf(
  rows: AsyncIterable<Row>,
  textOfRow: (row: Row) => string,
): AsyncGenerator<string, void, undefined> {
  for await (const row of rows) yield textOfRow(row);
}

/** Opens a file of texts, in the format of its extension or a given one. */
import { openDecoded } from "./decoded.ts";
import { linesOf } from "./lines.ts";
import { openRows, rowFormatOf, rowFormats } from "./open-rows.ts";
import { fieldHint, textOf } from "./row.ts";
import type { Row, TextSource } from "./source.ts";

export const inputFormats = ["text", ...rowFormats] as const;

export type InputFormat = (typeof inputFormats)[number];

export interface OpenTextsOptions {
  /** Default: by the extension, else `text`. */
  readonly format?: InputFormat | undefined;
  /** The field or column that holds the text, in every format but `text`. */
  readonly field: string;
  /** Ends a read that waits for input. */
  readonly signal: AbortSignal;
  /** The text of a row; `textOrEmptyOf` accepts null as an empty text. Default: `textOf`. */
  readonly textOfRow?: typeof textOf | undefined;
}

/** Opens a file. @param file a path, or `-` for standard input */
export async function openTexts(
  file: string,
  { format, field, signal, textOfRow = textOf }: OpenTextsOptions,
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

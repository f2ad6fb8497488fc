/** Opens a file of texts: the format by the file's name, or as it is told. */
import { HpdError } from "../errors.ts";
import { openDecoded } from "./decoded.ts";
import { fieldOfJsonl } from "./jsonl.ts";
import { linesOf } from "./lines.ts";
import { openParquet } from "./parquet.ts";
import type { TextSource } from "./source.ts";
import { columnOfTable } from "./table.ts";

export const inputFormats = ["text", "jsonl", "csv", "tsv", "parquet"] as const;

export type InputFormat = (typeof inputFormats)[number];

const formatOfExtension: Readonly<Record<string, InputFormat>> = {
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
  tsv: "tsv",
};

/**
 * @param file `-` is standard input
 * @param field the field or column that holds the text, of every format but text
 * @param signal ends a read that waits for input
 */
export async function openTexts(
  file: string,
  format: InputFormat | undefined,
  field: string,
  signal: AbortSignal,
): Promise<TextSource> {
  const isZipped = file.endsWith(".gz");
  const extension = /\.([^./\\]+)$/.exec(isZipped ? file.slice(0, -3) : file)?.[1]?.toLowerCase() ?? "";
  const known = format ?? formatOfExtension[extension] ?? "text";
  if (known === "parquet") {
    if (isZipped || file === "-")
      throw new HpdError("invalid_argument", "a Parquet file is read as it is: not from a pipe, not as .gz");
    return openParquet(file, field);
  }
  const { name, pieces, fractionRead } = await openDecoded(file, isZipped, signal);
  switch (known) {
    case "text":
      return { name, texts: linesOf(pieces), fractionRead };
    case "jsonl":
      return { name, texts: fieldOfJsonl(linesOf(pieces), field, name), fractionRead };
    case "csv":
    case "tsv":
      return { name, texts: columnOfTable(pieces, known === "csv" ? "," : "\t", field, name), fractionRead };
  }
}

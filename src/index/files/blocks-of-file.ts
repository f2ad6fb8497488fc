/** A file as blocks, by its name: Markdown, rows, or plain text, unzipped where the name ends in `.gz`. */
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOf } from "../../texts/lines.ts";
import { openRows, rowFormatOf } from "../../texts/open-rows.ts";
import { fieldHint } from "../../texts/row.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfMarkdown } from "../chunk/markdown-blocks.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";
import { blocksOfLines } from "./line-blocks.ts";
import { blocksOfRows } from "./row-blocks.ts";

export interface ReadOptions {
  /** Every line of a plain text is a passage. */
  readonly isLines: boolean;
  /** Of rows, the one that is the text. */
  readonly field: string;
}

const markdownName = /\.(?:md|markdown|mdown|mdx)(?:\.gz)?$/i;

/**
 * @throws HpdError `not_found` where the file can't be opened; `corrupt_file` where it isn't what its name says, or not
 *   text; `invalid_argument` where rows lack the field; `unsupported` for Parquet; the signal's reason
 */
export async function* blocksOfFile(
  path: string,
  { isLines, field }: ReadOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const format = rowFormatOf(path);
  if (format === "parquet") {
    throw new HpdError("unsupported", `${path}: Parquet has no lines to point to: index it as JSONL or CSV`);
  }
  if (format !== undefined) {
    const { rows } = await openRows(path, { format, columns: [field], hint: fieldHint, signal });
    yield* blocksOfRows(rows, field, format);
    return;
  }
  const { pieces } = await openDecoded(path, path.endsWith(".gz"), signal);
  const lines = linesOf(pieces);
  if (markdownName.test(path)) yield* blocksOfMarkdown(lines);
  else if (isLines) yield* blocksOfLines(lines);
  else yield* blocksOfText(lines, { metadata: {} });
}

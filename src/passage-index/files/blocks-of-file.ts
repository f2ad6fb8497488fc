/** Reads a file as blocks, by its name: Markdown, HTML, PDF, rows, or plain text, unzipped if the name says so. */
import { firstFew } from "../../common/first-few.ts";
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOf } from "../../texts/lines.ts";
import { openRows, type RowFormat, rowFormatOf } from "../../texts/open-rows.ts";
import { fieldHint, fieldOf } from "../../texts/row.ts";
import { withoutZip } from "../../texts/unzip.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfMarkdown } from "../chunk/markdown-blocks.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";
import { blocksOfHtml } from "./html-blocks.ts";
import { blocksOfLines } from "./line-blocks.ts";
import { blocksOfPdf } from "./pdf-blocks.ts";
import { blocksOfRows } from "./row-blocks.ts";

export interface ReadOptions {
  /** Whether every line of a plain text is a passage. */
  readonly isLines: boolean;
  /** The text field of rows. */
  readonly field: string;
  /** Called for each part of a file that is left out, with the reason. */
  readonly onProblem: (reason: string) => void;
}

const htmlName = /\.x?html?$/i;
const pdfName = /\.pdf$/i;
const markdownName = /\.(?:md|markdown|mdown|mdx)$/i;

/** Problems of a file that are reported one by one; of more, only the number is. */
const mostNamed = 3;

/**
 * @throws HpdError `not_found` if the file can't be opened, or the package that reads HTML or PDF isn't installed;
 *   `corrupt_file` if its content doesn't fit its name, or is no text; `invalid_argument` if no row has the field;
 *   `unsupported` for Parquet, and for a PDF without text; the signal's reason
 */
export async function* blocksOfFile(
  path: string,
  options: ReadOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const name = withoutZip(path);
  if (htmlName.test(name)) {
    yield* blocksOfHtml(path, signal);
    return;
  }
  if (pdfName.test(name)) {
    yield* blocksOfPdf(path, signal);
    return;
  }
  const format = rowFormatOf(path);
  if (format === "parquet") {
    throw new HpdError("unsupported", `${path}: expected a file with lines, got Parquet: convert it to JSONL or CSV`);
  }
  if (format !== undefined && (format !== "json" || (await isJsonOfRows(path, options.field, signal)))) {
    yield* blocksOfTable(path, format, options, signal);
    return;
  }
  const { pieces } = await openDecoded(path, { signal });
  const lines = linesOf(pieces);
  if (markdownName.test(name)) {
    yield* blocksOfMarkdown(lines, (problems) => {
      options.onProblem(`${path}: front matter: ${firstFew(problems, mostNamed)} (all else is in the index)`);
    });
  } else if (options.isLines) yield* blocksOfLines(lines);
  else yield* blocksOfText(lines, { metadata: {} });
}

async function* blocksOfTable(
  path: string,
  format: RowFormat,
  { field, onProblem }: ReadOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const named: HpdError[] = [];
  let leftOut = 0;
  let isEmpty = true;
  const onBadRow = (problem: HpdError) => {
    if (++leftOut <= mostNamed) named.push(problem);
  };
  const reading = { format, columns: [field], hint: fieldHint, exactIntegers: true };
  const { rows } = await openRows(path, { ...reading, onBadRow, signal });
  try {
    for await (const block of blocksOfRows(rows, field, format === "csv" || format === "tsv", onBadRow)) {
      isEmpty = false;
      yield block;
    }
  } finally {
    if (!isEmpty) {
      for (const { message } of named)
        onProblem(`${message} (left out: what stands before is in the index, and so is what follows)`);
      if (leftOut > named.length) onProblem(`${path}: ${leftOut - named.length} more rows are left out`);
    }
  }
  // All rows lack the field, or have another form.
  if (isEmpty && named[0] !== undefined) throw named[0];
}

/** Whether a JSON file is an array, or an object with the field; others, such as configurations, are text. */
async function isJsonOfRows(path: string, field: string, signal: AbortSignal | undefined): Promise<boolean> {
  const { pieces } = await openDecoded(path, { signal });
  for await (const piece of pieces) {
    if (piece.trim() === "") continue;
    if (piece.trimStart().startsWith("[")) return true;
    break;
  }
  const { rows } = await openRows(path, { format: "json", columns: [field], signal });
  try {
    for await (const row of rows) return fieldOf(row, field) !== undefined;
  } catch (error) {
    if (!(error instanceof HpdError)) throw error;
  }
  return false;
}

/** A file as blocks, by its name: Markdown, rows, or plain text, unzipped where the name ends in `.gz`. */
import { firstFew } from "../../common/first-few.ts";
import { HpdError } from "../../errors.ts";
import { openDecoded } from "../../texts/decoded.ts";
import { linesOf } from "../../texts/lines.ts";
import { openRows, type RowFormat, rowFormatOf } from "../../texts/open-rows.ts";
import { fieldHint, fieldOf } from "../../texts/row.ts";
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
  /** Told of parts of a file that are not in its blocks, and why: the others are. */
  readonly onProblem: (reason: string) => void;
}

const markdownName = /\.(?:md|markdown|mdown|mdx)(?:\.gz)?$/i;

/** Rows of a file, or entries of its front matter, that are told one by one: of any more, how many. */
const mostNamed = 3;

/**
 * @throws HpdError `not_found` where the file can't be opened; `corrupt_file` where it isn't what its name says, or not
 *   text; `invalid_argument` where no row has the field; `unsupported` for Parquet; the signal's reason
 */
export async function* blocksOfFile(
  path: string,
  options: ReadOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const format = rowFormatOf(path);
  if (format === "parquet") {
    throw new HpdError("unsupported", `${path}: Parquet has no lines to point to: index it as JSONL or CSV`);
  }
  if (format !== undefined && (format !== "json" || (await isJsonOfRows(path, options.field, signal)))) {
    yield* blocksOfTable(path, format, options, signal);
    return;
  }
  const { pieces } = await openDecoded(path, { signal });
  const lines = linesOf(pieces);
  if (markdownName.test(path)) {
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
  const { rows } = await openRows(path, { format, columns: [field], hint: fieldHint, onBadRow, signal });
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
  // It is not some rows that lack the field, or are of another form.
  if (isEmpty && named[0] !== undefined) throw named[0];
}

/** Whether a JSON file is an array, or an object with the field: others are configurations and the like, which are text. */
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

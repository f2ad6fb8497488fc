/** Rows of the files of a task. */
import { basename, resolve } from "node:path";
import { requireText } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import { openRows, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import type { Row } from "../../texts/source.ts";
import { withoutZip } from "../../texts/unzip.ts";

/**
 * The rows of a file.
 *
 * @param columns names of the columns that each row should have
 * @throws HpdError `not_found`, `corrupt_file`; `invalid_argument` for an unknown extension, and for no rows
 */
export async function* rowsOfFile(
  file: string,
  columns: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Row, void, undefined> {
  const format = rowFormatOf(file);
  if (format === undefined) {
    throw new HpdError("invalid_argument", `${file} should end in one of ${rowFormats.join(", ")}`);
  }
  const { rows } = await openRows(file, { format, columns, signal });
  let isEmpty = true;
  for await (const row of rows) {
    isEmpty = false;
    yield row;
  }
  if (isEmpty) throw new HpdError("invalid_argument", `${file} should have rows, got none`);
}

/** The name of a file's task: `banking` for `banking.jsonl.zst`. @throws HpdError `invalid_argument` for no path */
export function taskNameOf(file: string): string {
  requireText("file", file, "the path of the task's file");
  return withoutZip(basename(file)).replace(/\.[^.]+$/, "");
}

/** The name of a folder's task: `banking` for `data/banking/`. @throws HpdError `invalid_argument` for no path */
export function folderNameOf(folder: string): string {
  requireText("folder", folder, "the path of the task's folder");
  return basename(resolve(folder));
}

/** The format of input files, and where a file of it can be divided. */
import { firstFew } from "../../common/first-few.ts";
import { HpdError } from "../../errors.ts";
import type { StoredFile } from "../../storage/stored-file.ts";
import { rowFormatOf } from "../../texts/open-rows.ts";
import type { InputFormat } from "../../texts/open-texts.ts";
import { withoutZip, zipOf } from "../../texts/unzip.ts";

/**
 * - `lines`: at any line end: no row has one in it
 * - `groups`: between row groups
 * - `whole`: nowhere. A cell of CSV may hold line ends, and whether a line end is in one is only known from the beginning; a
 *   compressed file is read from its beginning
 */
export type Division = "lines" | "groups" | "whole";

/** Whether a file in a folder is one of texts, by its extension. */
export function isTextFile(name: string): boolean {
  return rowFormatOf(name) !== undefined || /\.txt$/i.test(withoutZip(name));
}

/**
 * The one format of all files.
 *
 * @throws HpdError `invalid_argument` where they have several
 */
export function commonFormat(names: readonly string[], given: InputFormat | undefined): InputFormat {
  if (given !== undefined) return given;
  const formats = new Set(names.map((name) => rowFormatOf(name) ?? "text"));
  const [format = "text", ...others] = formats;
  if (others.length === 0) return format;
  throw new HpdError(
    "invalid_argument",
    `the inputs are of several formats (${firstFew([...formats], 5)}), and the rows of all have the same columns: ` +
      "give those of one format",
  );
}

/**
 * Requires that files of bytes have some: an empty one of a format that has a beginning was not copied to its end.
 *
 * @throws HpdError `corrupt_file`
 */
export function requireContents(files: readonly StoredFile[], format: InputFormat): void {
  const empty = files.find(({ name, size }) => size === 0 && (format === "parquet" || zipOf(name) !== undefined));
  if (empty === undefined) return;
  const what = format === "parquet" ? "Parquet file" : "compressed file";
  throw new HpdError("corrupt_file", `${empty.location} is empty, which no ${what} is: get the file again`);
}

export function divisionOf(name: string, format: InputFormat): Division {
  if (zipOf(name) !== undefined) return "whole";
  if (format === "text" || format === "jsonl" || format === "tsv") return "lines";
  return format === "parquet" ? "groups" : "whole";
}

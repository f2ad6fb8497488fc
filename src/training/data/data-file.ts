/** Data files as options name them. */
import type { OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { type RowFormat, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";

/** A file of rows: JSONL, CSV, TSV, Parquet or JSON, `.gz` and `.zst` too. */
export interface DataFile {
  readonly path: string;
  /** The file format. Default: by the file's name. */
  readonly format?: RowFormat | undefined;
}

export const dataFile: OptionTable<DataFile> = { path: "string", format: "string" };

/** @throws HpdError `invalid_argument` for an unknown format */
export function formatOf({ path, format = rowFormatOf(path) }: DataFile): RowFormat {
  if (format !== undefined && rowFormats.includes(format)) return format;
  throw new HpdError(
    "invalid_argument",
    format === undefined
      ? `${path}: the file's name doesn't tell its format: set \`format\` to one of ${rowFormats.join(", ")}`
      : `${path}: the format should be one of ${rowFormats.join(", ")}, got ${format}`,
  );
}

/** Rows of files reduced to their two texts; a missing text is reported with its line. */
import { HpdError } from "../../errors.ts";
import { openRows, type RowFormat, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import { textOrEmptyOf } from "../../texts/row.ts";
import { type PairColumns, pairColumnsOf } from "../../train.ts";

/**
 * The pairs of all files, whose columns are those of the first file.
 *
 * @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` while rows are taken
 */
export async function* pairRowsOf(
  files: readonly string[],
  given: RowFormat | undefined,
  asked: Partial<PairColumns>,
  signal: AbortSignal,
): AsyncGenerator<object, void, undefined> {
  let columns: PairColumns | undefined;
  for (const file of files) {
    const format = given ?? rowFormatOf(file);
    if (format === undefined) {
      throw new HpdError(
        "invalid_argument",
        `${file} should have an extension of a known format; else name one by \`inputFormat\`: ${rowFormats.join(", ")}`,
      );
    }
    // Before the first row only the requested columns are known; of a Parquet file all are read to know which exist.
    columns ??= format === "parquet" ? await columnsOfFirst(file, format, asked, signal) : undefined;
    const wanted = Object.values(columns ?? asked);
    const source = await openRows(file, { format, columns: wanted, signal });
    let count = 0;
    for await (const row of source.rows) {
      columns ??= pairColumnsOf(Object.keys(row.values), asked);
      const { anchor, positive } = columns;
      yield { [anchor]: textOrEmptyOf(row, anchor), [positive]: textOrEmptyOf(row, positive) };
      count++;
    }
    if (count === 0)
      throw new HpdError("invalid_argument", `${source.name} should have rows with anchors and positives, got none`);
  }
}

async function columnsOfFirst(
  file: string,
  format: RowFormat,
  asked: Partial<PairColumns>,
  signal: AbortSignal,
): Promise<PairColumns | undefined> {
  const { rows } = await openRows(file, { format, columns: [], signal });
  for await (const row of rows) return pairColumnsOf(Object.keys(row.values), asked);
  return undefined;
}

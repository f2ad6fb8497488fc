/** Rows of files with their two texts alone; where a text is missing, the message says in which line. */
import { HpdError } from "../../errors.ts";
import { openRows, type RowFormat, rowFormatOf, rowFormats } from "../../texts/open-rows.ts";
import { textOrEmptyOf } from "../../texts/row.ts";
import { type PairColumns, pairColumnsOf } from "../../train.ts";

/**
 * The columns that are found in the first file are those of all.
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
        `${file}: the name doesn't tell the format; say \`inputFormat\`, one of ${rowFormats.join(", ")}`,
      );
    }
    // Before the first row, only those that were asked for are known; all of a Parquet file are read to know which there are.
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
      throw new HpdError("invalid_argument", `${source.name} has no rows: expected anchors and positives`);
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

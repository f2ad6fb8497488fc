/** Columns of a Parquet file, one row group after the other. */
import { HpdError } from "../errors.ts";
import { requireColumns } from "./row.ts";
import type { Row, RowSource } from "./source.ts";

/** @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` with the columns that are there. */
export async function openParquet(file: string, columns: readonly string[], hint: string): Promise<RowSource> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const failed = (cause: unknown) =>
    new HpdError("corrupt_file", `${file} is not a sound Parquet file: ${(cause as Error).message}`, { cause });
  const buffer = await asyncBufferFromFile(file).catch((cause) => {
    throw new HpdError("not_found", `${file} can't be read: ${(cause as Error).message}`, { cause });
  });
  const metadata = await parquetMetadataAsync(buffer).catch((cause) => {
    throw failed(cause);
  });
  const present = parquetSchema(metadata).children.map(({ element }) => element.name);
  requireColumns(present, columns, file, hint);
  const total = Number(metadata.num_rows);
  let read = 0;
  async function* rows(): AsyncGenerator<Row, void, undefined> {
    for (const group of metadata.row_groups) {
      const rowEnd = read + Number(group.num_rows);
      const groupRows = await parquetReadObjects({
        file: buffer,
        metadata,
        columns: [...columns],
        rowStart: read,
        rowEnd,
        compressors,
      }).catch((cause) => {
        throw failed(cause);
      });
      for (const values of groupRows) yield { values, place: `${file}, row ${++read}`, firstLine: read, number: read };
    }
  }
  return {
    name: file,
    rows: rows(),
    header: () => undefined,
    fractionRead: () => (total === 0 ? undefined : read / total),
  };
}

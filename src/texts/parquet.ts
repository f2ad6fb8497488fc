/** A column of a Parquet file, one row group after the other. */
import { HpdError } from "../errors.ts";
import { textOf } from "./jsonl.ts";
import type { TextSource } from "./source.ts";

/** @throws HpdError `not_found`, `corrupt_file`, `invalid_argument` with the columns that are there. */
export async function openParquet(file: string, column: string): Promise<TextSource> {
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
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  if (!columns.includes(column)) {
    throw new HpdError(
      "invalid_argument",
      `${file} has no column ${JSON.stringify(column)}, only ${columns.join(", ")}; name one with --field`,
    );
  }
  const total = Number(metadata.num_rows);
  let read = 0;
  async function* texts(): AsyncGenerator<string, void, undefined> {
    for (const group of metadata.row_groups) {
      const rowEnd = read + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file: buffer,
        metadata,
        columns: [column],
        rowStart: read,
        rowEnd,
        compressors,
      }).catch((cause) => {
        throw failed(cause);
      });
      for (const row of rows) yield textOf(row, column, `${file}, row ${++read}`);
    }
  }
  return { name: file, texts: texts(), fractionRead: () => (total === 0 ? undefined : read / total) };
}

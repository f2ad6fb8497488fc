/** A Parquet file out of passages: their columns, those of their metadata, and embeddings as lists of a fixed size. */
import { PartialFile } from "../../files/partial-file.ts";
import { ParquetRows } from "../../jobs/outputs/parquet-rows.ts";
import type { IndexStore } from "../store.ts";
import { passageTable } from "./field-columns.ts";

/**
 * Writes a row group at a time; the file takes its name when it is whole.
 *
 * @param onDone called with the number of further rows
 * @throws HpdError `invalid_argument` where it can't be written; the signal's reason
 */
export async function toParquet(
  store: IndexStore,
  path: string,
  signal: AbortSignal | undefined,
  onDone: (count: number) => void,
): Promise<void> {
  const { columns, cells } = passageTable(await store.fields());
  const file = await PartialFile.create(path);
  try {
    const rows = await ParquetRows.open(file, columns, { dimension: store.description.dimension, dtype: "float32" });
    await store.scan(async (passages) => {
      for (const { passage, embedding } of passages) await rows.write(embedding, cells(passage));
      signal?.throwIfAborted();
      onDone(passages.length);
    });
    await rows.end();
    await file.finish();
  } catch (error) {
    await file.abort().catch(() => {});
    throw error;
  }
}

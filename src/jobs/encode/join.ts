/** The rows of all shards of a work, one after the other, for a file or a table that holds them all. */
import { HpdError } from "../../errors.ts";
import { type ByteReader, inBlocks } from "../../storage/byte-reader.ts";
import { parquetRows, readParquetFooter } from "../../texts/parquet.ts";
import type { Cell, KeptColumn } from "../columns.ts";
import type { EmbeddingShape, StoredEmbedding } from "../outputs/embedding-rows.ts";
import { storedEmbeddings } from "../outputs/stored-embeddings.ts";
import { readShardSummary } from "../shard-file.ts";
import { shardName } from "../shard-name.ts";
import { openWorkFolder } from "./status.ts";

export interface JoinedRows {
  readonly columns: readonly KeptColumn[];
  readonly shape: EmbeddingShape;
  readonly rows: AsyncIterable<{ readonly embedding: StoredEmbedding; readonly cells: readonly Cell[] }>;
}

/**
 * Opens the shards of a folder.
 *
 * @throws HpdError `not_found` where some are missing; `unsupported` for shards that aren't Parquet; as reading does
 */
export async function openJoinedRows(output: string, signal?: AbortSignal): Promise<JoinedRows> {
  const { folder, manifest, sizes } = await openWorkFolder(output, signal);
  const { shards, dimension, columns } = manifest;
  const { format, precision } = manifest.output;
  if (sizes.size < shards) {
    const problem = `${shards - sizes.size} of ${shards} shards are missing`;
    throw new HpdError("not_found", `${folder.name}: ${problem}: run them first; --status says which`);
  }
  if (format !== "parquet") {
    throw new HpdError("unsupported", `${folder.name} holds .${format}: only shards of Parquet are joined`);
  }
  const shape = { dimension, dtype: precision };
  async function* rows() {
    for (let shard = 0; shard < shards; shard++) {
      signal?.throwIfAborted();
      const reader = await folder.open(shardName(shard, shards, ".parquet"), signal);
      try {
        const summary = await readShardSummary(reader, format);
        if (summary.dimension !== dimension || summary.dtype !== precision) {
          throw new HpdError("corrupt_file", `${reader.name} isn't of this work: delete it and run the shard again`);
        }
        const cells = cellsOf(reader, columns);
        for await (const embedding of storedEmbeddings(reader, summary.embeddings!, shape)) {
          const { done, value } = await cells.next();
          if (done) throw new HpdError("corrupt_file", `${reader.name} has embeddings without a row`);
          yield { embedding, cells: value };
        }
      } finally {
        await reader.close();
      }
    }
  }
  return { columns, shape, rows: rows() };
}

/** The cells of all rows. */
async function* cellsOf(
  reader: ByteReader,
  columns: readonly KeptColumn[],
): AsyncGenerator<readonly Cell[], void, undefined> {
  const names = columns.map(({ name }) => name);
  if (names.length === 0) for (;;) yield [];
  const bytes = inBlocks(reader);
  const footer = await readParquetFooter(bytes, reader.name, { columns: names, lists: true, exact: true });
  for await (const { values } of parquetRows(bytes, footer, reader.name)) {
    yield names.map((name) => (values[name] ?? null) as Cell);
  }
}

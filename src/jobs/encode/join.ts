/** The rows of all shards of a work, one after the other, for a file or a table that holds them all. */
import { HpdError } from "../../errors.ts";
import { inBlocks } from "../../storage/byte-reader.ts";
import { toFloat16 } from "../../tensor/convert.ts";
import { parquetRows, readParquetFooter } from "../../texts/parquet.ts";
import { type Cell, embeddingColumn, type KeptColumn } from "../columns.ts";
import type { EmbeddingShape, StoredEmbedding } from "../outputs/embedding-rows.ts";
import { shardName } from "../shard-name.ts";
import type { ShardPrecision } from "./options.ts";
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
  async function* rows() {
    for (let shard = 0; shard < shards; shard++) {
      signal?.throwIfAborted();
      const reader = await folder.open(shardName(shard, shards, ".parquet"), signal);
      try {
        const names = [...columns.map(({ name }) => name), embeddingColumn];
        const bytes = inBlocks(reader);
        const footer = await readParquetFooter(bytes, reader.name, { columns: names, lists: true });
        for await (const { values } of parquetRows(bytes, footer, reader.name)) {
          const embedding = storedOf(values[embeddingColumn] as number[], precision);
          yield { embedding, cells: columns.map(({ name }) => (values[name] ?? null) as Cell) };
        }
      } finally {
        await reader.close();
      }
    }
  }
  return { columns, shape: { dimension, dtype: precision }, rows: rows() };
}

/** The numbers as they were stored: float16 and int8 are among those of float32. */
function storedOf(values: readonly number[], precision: ShardPrecision): StoredEmbedding {
  if (precision === "int8") return Int8Array.from(values);
  const floats = Float32Array.from(values);
  return precision === "float16" ? toFloat16(floats) : floats;
}

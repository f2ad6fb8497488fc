/** The embeddings of a Parquet file of ours, as they were stored: without making a number of each, they are soon read. */

import { type ByteReader, inBlocks } from "../../storage/byte-reader.ts";
import type { Column } from "../../texts/parquet/footer.ts";
import { parquetValueBytes } from "../../texts/parquet.ts";
import { bytesOfEntries } from "./embedding-chunk.ts";
import type { EmbeddingShape, StoredEmbedding } from "./embedding-rows.ts";

/** @param column of the embeddings in the file @throws HpdError `corrupt_file` */
export async function* storedEmbeddings(
  reader: ByteReader,
  column: Column,
  { dimension, dtype }: EmbeddingShape,
): AsyncGenerator<StoredEmbedding, void, undefined> {
  for await (const { bytes, count } of parquetValueBytes(inBlocks(reader, 2), reader.name, column)) {
    // A copy begins where numbers may.
    const { buffer } = dtype === "int8" ? bytesOfEntries(bytes, count) : new Uint8Array(bytes);
    for (let row = 0; row < count / dimension; row++) {
      if (dtype === "float32") yield new Float32Array(buffer, 4 * row * dimension, dimension);
      else if (dtype === "float16") yield new Uint16Array(buffer, 2 * row * dimension, dimension);
      else yield new Int8Array(buffer, row * dimension, dimension);
    }
  }
}

/**
 * A file of one `[count, dimension]` array in bounded memory: space for the header, then the elements as they come, and at
 * the end, when the count is known, the header.
 */
import { createHash } from "node:crypto";
import {
  type ByteSink,
  bytesOfEmbedding,
  type EmbeddingDType,
  type EmbeddingRows,
  type EmbeddingShape,
} from "./embedding-rows.ts";

export interface ArrayFormat {
  /** Size of the header in bytes, independent of the count. */
  readonly headerSize: number;
  /** The names of the element types in the header. */
  readonly names: Readonly<Record<EmbeddingDType, string>>;
  header(array: ArrayHeader): Uint8Array;
}

export interface ArrayHeader extends EmbeddingShape {
  readonly count: number;
  /** SHA-256 of the elements, in hexadecimal digits. */
  readonly checksum: string;
}

/** @param empty the shape of the array without embeddings; the first one decides otherwise */
export async function openArrayRows(
  sink: ByteSink,
  format: ArrayFormat,
  empty: EmbeddingShape,
): Promise<EmbeddingRows> {
  await sink.append(new Uint8Array(format.headerSize));
  const hash = createHash("sha256");
  let dimension: number | undefined;
  let count = 0;
  return {
    async write(embedding) {
      dimension ??= embedding.length;
      count++;
      const bytes = bytesOfEmbedding(embedding);
      hash.update(bytes);
      await sink.append(bytes);
    },
    async end() {
      const shape = { dimension: dimension ?? empty.dimension, dtype: empty.dtype };
      await sink.overwriteStart(format.header({ ...shape, count, checksum: hash.digest("hex") }));
    },
  };
}

/**
 * A file of one `[count, dimension]` array in bounded memory: space for the header, then the elements as they come, and at
 * the end, when the count is known, the header.
 */
import type { EmbeddingArray } from "../../tensor/embeddings.ts";
import { PartialFile } from "./partial-file.ts";
import { dtypeOf, type EmbeddingDType, type EmbeddingWriter, type EmptyArray } from "./writer.ts";

export interface ArrayFormat {
  /** Size of the header in bytes, independent of the count. */
  readonly headerSize: number;
  header(count: number, dimension: number, dtype: EmbeddingDType): Uint8Array;
}

/** @param empty the array to write if there is no embedding */
export async function openArrayFile(path: string, format: ArrayFormat, empty: EmptyArray): Promise<EmbeddingWriter> {
  const file = await PartialFile.create(path, { isSeekable: true });
  await file.append(new Uint8Array(format.headerSize));
  let first: EmptyArray | undefined;
  let count = 0;
  return {
    async write(embedding: EmbeddingArray) {
      first ??= { dimension: embedding.length, dtype: dtypeOf(embedding) };
      count++;
      await file.append(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength));
    },
    async finish() {
      const { dimension, dtype } = first ?? empty;
      await file.overwriteStart(format.header(count, dimension, dtype));
      await file.finish();
    },
    abort: () => file.abort(),
  };
}

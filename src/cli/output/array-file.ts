/**
 * A file of one `[count, dimension]` array: room for the header first, then the elements as they come, and at the end,
 * when the count is known, the header. So memory stays bounded.
 */
import type { EmbeddingArray } from "../../tensor/embeddings.ts";
import { PartialFile } from "./partial-file.ts";
import { dtypeOf, type EmbeddingDType, type EmbeddingWriter } from "./writer.ts";

export interface ArrayFormat {
  /** Bytes of a header, whatever the count. */
  readonly headerSize: number;
  header(count: number, dimension: number, dtype: EmbeddingDType): Uint8Array;
}

export async function openArrayFile(path: string, format: ArrayFormat): Promise<EmbeddingWriter> {
  const file = await PartialFile.create(path, { isSeekable: true });
  await file.append(new Uint8Array(format.headerSize));
  let first: { dimension: number; dtype: EmbeddingDType } | undefined;
  let count = 0;
  return {
    async write(embedding: EmbeddingArray) {
      first ??= { dimension: embedding.length, dtype: dtypeOf(embedding) };
      count++;
      await file.append(new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength));
    },
    async finish(empty) {
      const { dimension, dtype } = first ?? empty;
      await file.overwriteStart(format.header(count, dimension, dtype));
      await file.finish();
    },
    abort: () => file.abort(),
  };
}

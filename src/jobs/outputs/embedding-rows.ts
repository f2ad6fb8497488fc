/** Files of embeddings, one after the other, with or without columns beside them. */
import type { EmbeddingArray } from "../../tensor/embeddings.ts";
import type { Cell } from "../columns.ts";

/** Element types; float16 as its bits. */
export const embeddingDTypes = ["float32", "float16", "int8", "uint8"] as const;

export type EmbeddingDType = (typeof embeddingDTypes)[number];

/** An embedding as it is stored: a Uint16Array holds float16. */
export type StoredEmbedding = EmbeddingArray | Uint16Array;

/** The dimension and element type of the embeddings of a file. */
export interface EmbeddingShape {
  readonly dimension: number;
  readonly dtype: EmbeddingDType;
}

/** A file that is being written: see `NewFile` and `PartialFile`. */
export interface ByteSink {
  append(bytes: Uint8Array): Promise<void>;
  overwriteStart(bytes: Uint8Array): Promise<void>;
}

export interface EmbeddingRows {
  /**
   * Appends a row.
   *
   * @param cells of the kept columns, in their order; formats without columns pass over them
   */
  write(embedding: StoredEmbedding, cells?: readonly Cell[]): Promise<void>;
  /** Writes what stands at the end, or is known then. The sink is the caller's to finish. */
  end(): Promise<void>;
}

export function bytesOfEmbedding({ buffer, byteOffset, byteLength }: StoredEmbedding): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Where embeddings go, one after the other. */
import type { EmbeddingArray } from "../../tensor/embeddings.ts";

export interface EmbeddingWriter {
  write(embedding: EmbeddingArray): Promise<void>;
  /**
   * Makes the output whole: until then nothing stands under its name.
   *
   * @param empty what an output without embeddings would have held
   */
  finish(empty: { dimension: number; dtype: EmbeddingDType }): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

export type EmbeddingDType = "float32" | "int8" | "uint8";

export function dtypeOf(embedding: EmbeddingArray): EmbeddingDType {
  if (embedding instanceof Float32Array) return "float32";
  return embedding instanceof Int8Array ? "int8" : "uint8";
}

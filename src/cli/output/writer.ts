/** Outputs of embeddings. */
import type { EmbeddingArray } from "../../tensor/embeddings.ts";
import type { Output } from "./outputs.ts";

export interface EmbeddingWriter extends Output {
  /** Appends an embedding. */
  write(embedding: EmbeddingArray): Promise<void>;
}

/** The dimension and element type of an array without rows. */
export interface EmptyArray {
  readonly dimension: number;
  readonly dtype: EmbeddingDType;
}

export type EmbeddingDType = "float32" | "int8" | "uint8";

export function dtypeOf(embedding: EmbeddingArray): EmbeddingDType {
  if (embedding instanceof Float32Array) return "float32";
  return embedding instanceof Int8Array ? "int8" : "uint8";
}

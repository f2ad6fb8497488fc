/** The results of a batch, text by text. */
import { Embeddings } from "../tensor/embeddings.ts";
import type { Tensor } from "../tensor/tensor.ts";

export interface EncodedBatch {
  /** Indices of the texts in the input. */
  readonly indices: readonly number[];
  /** Number of tokens of each text. */
  readonly lengths: readonly number[];
  /** [texts, ...] */
  readonly output: Tensor<"float32">;
}

/** @param put gets the first `dimension` numbers of each text's embedding, as a view */
export function sentenceRows(
  dimension: number,
  put: (index: number, row: Float32Array) => void,
): (batch: EncodedBatch) => void {
  return ({ indices, output }) => {
    const width = output.shape[1]!;
    for (const [row, index] of indices.entries()) {
      put(index, output.data.subarray(row * width, row * width + dimension));
    }
  };
}

/** @param put gets the embeddings of each text's tokens, without those of padding, as a copy */
export function tokenMatrices(put: (index: number, matrix: Embeddings) => void): (batch: EncodedBatch) => void {
  return ({ indices, lengths, output }) => {
    const [, sequence, width] = output.shape as [number, number, number];
    for (const [row, index] of indices.entries()) {
      const start = row * sequence * width;
      const count = lengths[row]!;
      put(index, new Embeddings(output.data.slice(start, start + count * width), count, width));
    }
  };
}

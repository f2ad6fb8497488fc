/** One JSON object a line: `{"index":0,"embedding":[...]}`, to a file or to standard output. */
import type { EmbeddingArray, Embeddings } from "../../tensor/embeddings.ts";
import type { Output } from "./outputs.ts";
import { openTextOutput } from "./text-output.ts";

export interface JsonlWriter extends Output {
  /** Appends an embedding. */
  write(embedding: EmbeddingArray): Promise<void>;
  /** Appends the token embeddings of one text, a list of lists. */
  writeMatrix(matrix: Embeddings): Promise<void>;
}

/** @param path undefined is standard output */
export async function openJsonl(path: string | undefined): Promise<JsonlWriter> {
  const output = await openTextOutput(path);
  let index = 0;
  const writeLine = (embedding: unknown) => output.write(`${JSON.stringify({ index: index++, embedding })}\n`);
  return {
    write: (embedding) => writeLine(shortest(embedding)),
    writeMatrix: (matrix) => writeLine(Array.from(matrix, shortest)),
    finish: () => output.finish(),
    abort: () => output.abort(),
  };
}

/** The embedding with nine digits, which identify a float32; as a float64 it would have seventeen. */
function shortest(embedding: EmbeddingArray): number[] {
  return Array.from(embedding, (value) => Number(value.toPrecision(9)));
}

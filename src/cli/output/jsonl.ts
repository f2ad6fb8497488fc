/** One JSON object a line: `{"index":0,"embedding":[...]}`, to a file or to standard output. */
import { once } from "node:events";
import type { EmbeddingArray, Embeddings } from "../../tensor/embeddings.ts";
import { PartialFile } from "./partial-file.ts";
import type { EmbeddingWriter } from "./writer.ts";

export interface JsonlWriter extends EmbeddingWriter {
  /** The token embeddings of one text: a list of lists. */
  writeMatrix(matrix: Embeddings): Promise<void>;
}

/** @param path undefined is standard output */
export async function openJsonl(path: string | undefined): Promise<JsonlWriter> {
  const file = path === undefined ? undefined : await PartialFile.create(path);
  let index = 0;
  const writeLine = async (embedding: unknown): Promise<void> => {
    const line = `${JSON.stringify({ index: index++, embedding })}\n`;
    if (file !== undefined) await file.append(Buffer.from(line));
    else if (!process.stdout.write(line)) await once(process.stdout, "drain");
  };
  return {
    write: (embedding) => writeLine(shortest(embedding)),
    writeMatrix: (matrix) => writeLine(Array.from(matrix, shortest)),
    finish: async () => file?.finish(),
    abort: async () => file?.abort(),
  };
}

/** Nine digits tell every float32 from its neighbours; as a float64 it would have seventeen. */
function shortest(embedding: EmbeddingArray): number[] {
  return Array.from(embedding, (value) => Number(value.toPrecision(9)));
}

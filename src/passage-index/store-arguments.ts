/** Checks of the arguments of stores, before any work. */
import { HpdError } from "../errors.ts";
import type { IndexDescription } from "./description.ts";
import type { NewPart } from "./store.ts";

/** @throws HpdError `invalid_argument` if the embeddings of a part don't fit its passages or the index */
export function requireFitting({ file, part, passages, embeddings }: NewPart, dimension: number): void {
  const where = `${file}, part ${part}`;
  if (embeddings.count !== passages.length || embeddings.dimension !== dimension) {
    throw new HpdError(
      "invalid_argument",
      `${where}: expected an embedding of ${dimension} numbers for each of ${passages.length} passages, ` +
        `got ${embeddings.count} of ${embeddings.dimension}`,
    );
  }
  if (!embeddings.data.every(Number.isFinite)) {
    throw new HpdError("invalid_argument", `${where}: an embedding has a number that is not finite`);
  }
}

/** @param name of the index, for the message. @throws HpdError `invalid_argument` */
export function requireDimension(name: string, { dimension }: IndexDescription, query: Float32Array): void {
  if (query.length === dimension) return;
  throw new HpdError(
    "invalid_argument",
    `${name}: a query should have ${dimension} dimensions, as the embeddings of the index, got ${query.length}`,
  );
}

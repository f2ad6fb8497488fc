/** What is not finite would be like nothing, or become a number like any other. */
import { HpdError } from "../errors.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** @param first the position of the first row, for the message. @throws HpdError `invalid_argument` naming the row */
export function requireFinite({ data, dimension }: Embeddings, first = 0): void {
  for (let index = 0; index < data.length; index++) {
    if (Number.isFinite(data[index])) continue;
    throw notFinite(first + Math.floor(index / dimension));
  }
}

export function notFinite(row: number): HpdError {
  return new HpdError("invalid_argument", `embedding ${row} holds a number that is not finite`);
}

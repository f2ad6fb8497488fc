/** Rejects NaN and infinity: they would compare as dissimilar to everything or be quantized to an ordinary number. */
import { HpdError } from "../errors.ts";
import type { Embeddings } from "../tensor/embeddings.ts";

/** @param what a row is, and `first` the position of the first, for the message. @throws HpdError `invalid_argument` */
export function requireFinite({ data, dimension }: Embeddings, what = "embedding", first = 0): void {
  for (let index = 0; index < data.length; index++) {
    if (Number.isFinite(data[index])) continue;
    throw notFinite(`${what} ${first + Math.floor(index / dimension)}`);
  }
}

/** @param what holds it: its name and its position */
export function notFinite(what: string): HpdError {
  return new HpdError("invalid_argument", `${what} holds a number that is not finite`);
}

/** Checks of the embeddings and thresholds that searches and clusters are given. */

import type { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

/** A threshold of similarity. @throws HpdError `invalid_argument` */
export function requireCosine(option: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw new HpdError("invalid_argument", `${option} should be a cosine above 0, at most 1, got ${String(value)}`);
}

/** As `requireFinite`. @throws HpdError `invalid_argument` with the position; the signal's reason when it aborts */
export function requireAllFinite(embeddings: Embeddings, yielder: Yielder): Promise<void> {
  return yielder.inSteps(embeddings.count, (start, end) =>
    requireFinite(rowsBetween(embeddings, start, end), "embedding", start),
  );
}

/** @throws HpdError `invalid_argument` where there is no memory for so many */
export function orTooMany<Room>(what: string, make: () => Room): Room {
  try {
    return make();
  } catch (cause) {
    throw new HpdError("invalid_argument", `${what} don't fit in memory: lower numbers do`, { cause });
  }
}

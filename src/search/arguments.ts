/** Checks of the arguments of searches and clusterings. */

import type { Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import { requireFinite } from "../similarity/require-finite.ts";
import type { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

/** Checks a threshold of cosine similarity. @throws HpdError `invalid_argument` */
export function requireThreshold(threshold: number): void {
  if (threshold > 0 && threshold <= 1) return;
  throw new HpdError("invalid_argument", `threshold should be a cosine above 0, at most 1, got ${String(threshold)}`);
}

/** Checks all numbers. @throws HpdError `invalid_argument` with the position; the signal's reason when it aborts */
export function requireAllFinite(embeddings: Embeddings, yielder: Yielder): Promise<void> {
  return yielder.inSteps(embeddings.count, (start, end) =>
    requireFinite(rowsBetween(embeddings, start, end), "embedding", start),
  );
}

/**
 * Allocates arrays whose size the caller's options decide.
 *
 * @param what they hold, for the message
 * @throws HpdError `invalid_argument` if there is not enough memory
 */
export function allocate<Arrays>(what: string, make: () => Arrays): Arrays {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new HpdError("invalid_argument", `not enough memory for ${what}: use smaller values`, { cause });
  }
}

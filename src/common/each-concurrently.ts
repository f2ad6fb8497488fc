/** Work on many items, of which some are under way at the same time. */

export interface Concurrency {
  /** Most items that are under way. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws what `work` throws first, while others may be under way; the signal's reason */
export async function eachConcurrently<T>(
  items: Iterable<T>,
  { concurrency, signal }: Concurrency,
  work: (item: T) => Promise<void>,
): Promise<void> {
  // One iterator for all, so that each takes the next item.
  const left = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      signal?.throwIfAborted();
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

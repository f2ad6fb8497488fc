/** Iterables that are read until a signal aborts, also while they have nothing to give. */

/**
 * The items of a source, as `for await` has them. When the signal aborts, its reason comes at once, whatever the source
 * waits for; the source is closed as soon as it can be.
 *
 * @throws what the source throws; the signal's reason
 */
export async function* untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  signal?.throwIfAborted();
  const iterator: Iterator<T> | AsyncIterator<T> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // One listener for all items: one each would pile up on a signal that lives long.
  let abort: (() => void) | undefined;
  const onAbort = () => abort?.();
  signal?.addEventListener("abort", onAbort);
  let isOpen = true;
  let isWaiting = false;
  try {
    for (;;) {
      isWaiting = true;
      const { done, value } = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        abort = () => reject(signal!.reason);
        nextOf(iterator).then(resolve, (error) => {
          // A source that failed, or is at its end, has nothing left to close.
          isOpen = false;
          reject(error);
        });
      });
      isWaiting = false;
      if (done) {
        isOpen = false;
        return;
      }
      signal?.throwIfAborted();
      yield value as T;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    if (isOpen) {
      const closing = Promise.resolve(iterator.return?.());
      closing.catch(() => {});
      // One that waits closes when it has done waiting, which may be never.
      if (!isWaiting) await closing;
    }
  }
}

async function nextOf<T>(iterator: Iterator<T> | AsyncIterator<T>): Promise<IteratorResult<T, unknown>> {
  const { done, value } = await iterator.next();
  // Items of an iterable that isn't async may be promises all the same.
  return { done: done === true, value: await value } as IteratorResult<T, unknown>;
}

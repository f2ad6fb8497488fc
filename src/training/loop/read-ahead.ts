/** Makes the next item while the one before is used. */

/** At the end, and where the reader stops early, the item under way is waited for and the source closed. */
export async function* readAhead<T>(items: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  let next = items.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = items.next();
      // Met when it is awaited, which may be long after it failed.
      next.catch(() => {});
      yield value as T;
    }
  } finally {
    await next.catch(() => {});
    await items.return();
  }
}

/** Reading an asynchronous source one item ahead. */

/**
 * The same items; the next is produced while the previous is in use. At the end, or an early stop, the source is
 * closed.
 */
export async function* readAhead<T>(items: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  let next = items.next();
  try {
    for (;;) {
      const { value, done } = await next;
      if (done) return;
      next = items.next();
      // Awaited above; without a handler a failure before that would be an unhandled rejection.
      next.catch(() => {});
      yield value as T;
    }
  } finally {
    await next.catch(() => {});
    await items.return();
  }
}

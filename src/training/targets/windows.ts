/** Works through many sentences in windows, two at a time, so that threads don't wait between one and the next. */

/** Enough that a teacher sorts them by length with little padding; few enough that little is lost when a run ends. */
const windowSize = 1024;

/**
 * @param work on the places from `start` to `end`; called for the next window before this one is done
 * @param take the results, in order
 * @throws what `work` or `take` throws, or the signal's reason, when no work is under way any more
 */
export async function inWindows<T>(
  count: number,
  signal: AbortSignal,
  work: (start: number, end: number) => Promise<T>,
  take: (result: T, end: number) => Promise<void>,
): Promise<void> {
  const pending: { result: Promise<T>; end: number }[] = [];
  try {
    for (let start = 0; start < count || pending.length > 0; start += windowSize) {
      if (start < count) {
        const end = Math.min(start + windowSize, count);
        const result = work(start, end);
        // Its failure is met when it is awaited.
        result.catch(() => {});
        pending.push({ result, end });
      }
      if (start < count && pending.length < 2) continue;
      const { result, end } = pending.shift()!;
      const done = await result;
      signal.throwIfAborted();
      await take(done, end);
    }
  } finally {
    await Promise.allSettled(pending.map(({ result }) => result));
  }
}

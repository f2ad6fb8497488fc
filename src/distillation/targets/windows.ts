/** Works through many sentences in windows, two at a time, so that threads don't wait between one and the next. */

import { windowSize } from "../teacher/pieces.ts";

/**
 * @param work on the places from `start` to `end`; called for the next window before this one is done. Its signal also
 *   tells that another window failed.
 * @param take the results, in order
 * @throws what `work` or `take` throws, or the signal's reason, when no work is under way any more
 */
export async function inWindows<T>(
  count: number,
  signal: AbortSignal,
  work: (start: number, end: number, signal: AbortSignal) => Promise<T>,
  take: (result: T) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const pending: Promise<T>[] = [];
  try {
    for (let start = 0; start < count || pending.length > 0; start += windowSize) {
      if (start < count) {
        const result = work(start, Math.min(start + windowSize, count), either);
        // Its failure is met when it is awaited.
        result.catch(() => {});
        pending.push(result);
      }
      if (start < count && pending.length < 2) continue;
      const result = await pending.shift()!;
      signal.throwIfAborted();
      await take(result);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(pending);
  }
}

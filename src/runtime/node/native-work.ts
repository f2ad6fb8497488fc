/**
 * Keeps the exit of a process from terminating a worker inside the runtime: native code that returns to a thread
 * without JavaScript aborts the whole process. So before the exit, the main thread waits for running work, at most a
 * batch.
 */

/** Longer than a batch takes; a runtime that hangs must not keep a process from ending. */
const patienceMilliseconds = 5000;

/** One flag for each worker, in memory shared with it: 1 from before a request is sent until its work is done. */
export type BusyFlag = Int32Array;

/** Process-wide, because the exit is. */
const busyFlags = new Set<BusyFlag>();

function waitForAll(): void {
  for (const flag of busyFlags) Atomics.wait(flag, 0, 1, patienceMilliseconds);
}

/** Called by the main thread before it sends a request. */
export function markBusy(flag: BusyFlag): void {
  if (busyFlags.size === 0) process.on("exit", waitForAll);
  busyFlags.add(flag);
  Atomics.store(flag, 0, 1);
}

/** Called by the main thread when the answer has come, or the thread has ended. */
export function forget(flag: BusyFlag): void {
  busyFlags.delete(flag);
  if (busyFlags.size === 0) process.off("exit", waitForAll);
}

/** Called by the worker when it is back from the runtime. */
export function markDone(flag: BusyFlag): void {
  Atomics.store(flag, 0, 0);
  Atomics.notify(flag, 0);
}

/**
 * Keeps a process that ends from cutting a worker off inside the runtime: native code that comes back to a thread
 * without JavaScript ends the whole process with an abort. So before the exit, the main thread waits for the work under
 * way, a batch at most.
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

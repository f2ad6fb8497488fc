/** The delay after which a process that ended is replaced. */

const firstDelay = 500;
const longestDelay = 30_000;

/** @param failures processes that ended in a row, each soon after it started @returns milliseconds */
export function restartDelay(failures: number): number {
  return failures === 0 ? 0 : Math.min(longestDelay, firstDelay * 2 ** (failures - 1));
}

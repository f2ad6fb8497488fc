/** The event loop is given a turn after so long at work on the calling thread. */
export const turnMilliseconds = 4;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "undefined") setTimeout(resolve);
    else setImmediate(resolve);
  });
}

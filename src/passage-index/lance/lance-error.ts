/** Errors of LanceDB, which have those of the file system, and places in its own sources, as text alone. */

/** An error with the code of the file system where the disk is full, and else with what a reader can use of the message. */
export function plainLanceError(cause: unknown): Error {
  const message = (cause as Error).message.split("\n")[0]!.replace(/, \/\S+\.rs:\d+:\d+.*$/, "");
  const isFull = /os error (28|122)\b/.test((cause as Error).message);
  return Object.assign(new Error(message, { cause }), isFull && { code: "ENOSPC" });
}

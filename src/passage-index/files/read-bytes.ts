/** A file that has to be in memory as a whole, up to a size. */
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { cannotRead } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";

/** @throws HpdError `not_found` if it can't be read, `corrupt_file` if it is larger or can't be unzipped; the signal's reason */
export async function readBytes(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const tooLarge = (cause?: unknown) =>
    new HpdError("corrupt_file", `${path}: expected at most ${maxBytes / 1e6} MB, got more`, { cause });
  const bytes = await stat(path)
    .then(({ size }) => {
      if (size > maxBytes) throw tooLarge();
      return readFile(path, { ...(signal && { signal }) });
    })
    .catch((cause: Error) => {
      signal?.throwIfAborted();
      throw cause instanceof HpdError ? cause : cannotRead(path, cause);
    });
  if (!path.endsWith(".gz")) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: maxBytes }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(cause);
    throw new HpdError("corrupt_file", `${path} can't be unzipped: ${cause.message}`, { cause });
  });
}

/** A file that has to be in memory as a whole, up to a size. */
import { readFile, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { cannotRead } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import { zipOf } from "../../texts/unzip.ts";

const pieceBytes = 65_536;

/** @throws HpdError `not_found` if it can't be read, `corrupt_file` if it is larger or can't be unzipped; the signal's reason */
export async function readBytes(path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const tooLarge = () => new HpdError("corrupt_file", `${path}: expected at most ${maxBytes / 1e6} MB, got more`);
  const bytes = await stat(path)
    .then(({ size }) => {
      if (size > maxBytes) throw tooLarge();
      return readFile(path, { ...(signal && { signal }) });
    })
    .catch((cause: Error) => {
      signal?.throwIfAborted();
      throw cause instanceof HpdError ? cause : cannotRead(path, cause);
    });
  const zip = zipOf(path);
  if (zip === undefined) return bytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of pipeline(Readable.from(cut(bytes)), zip.createDecompressor(), () => {})) {
      size += part.length;
      if (size > maxBytes) throw tooLarge();
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    throw new HpdError("corrupt_file", `${path} can't be unzipped: ${(cause as Error).message}`, { cause });
  }
  return Buffer.concat(parts);
}

/** Pieces of bytes: each is unzipped whole, however large that is. */
function* cut(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

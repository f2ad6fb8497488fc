/** Random access to a file on disk: one handle, positional reads, so reads may run at the same time. */
import { open, stat } from "node:fs/promises";
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { checkRange } from "./check-range.ts";

/** Maximum bytes of one system call (Linux stops short of 2 GiB). */
const maxReadBytes = 2 ** 30;

/** @throws the error of the file system; HpdError `corrupt_file` where `path` is not a file. */
export async function openFile(path: string): Promise<ByteSource> {
  // Checked before opening, because opening a named pipe waits for a writer.
  if (!(await stat(path)).isFile()) {
    throw new HpdError("corrupt_file", `${path} should be a file, got something else`);
  }
  const handle = await open(path, "r");
  const { size } = await handle.stat();

  async function read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    checkRange(path, size, offset, length);
    const bytes = into ?? new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await handle
        .read(bytes, done, Math.min(length - done, maxReadBytes), offset + done)
        .catch((cause: Error) => {
          throw new HpdError("corrupt_file", `${path} can't be read: ${cause.message}`, { cause });
        });
      if (bytesRead === 0) {
        throw new HpdError(
          "corrupt_file",
          `${path} should still have ${size} bytes, as when it was opened, but is shorter`,
        );
      }
      done += bytesRead;
    }
    return bytes;
  }

  return { name: path, size, read, close: () => handle.close() };
}

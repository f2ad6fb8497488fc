/** The characters of a file or of standard input: unzipped where the name ends in `.gz`, strict UTF-8. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { HpdError } from "../errors.ts";

/** In UTF-16 code units. A longer line is no text that anything here has a use for, and would fill the memory. */
export const longestLine = 64 * 1024 * 1024;

export interface DecodedFile {
  readonly name: string;
  /** Pieces of text, cut anywhere between two characters. */
  readonly pieces: AsyncIterable<string>;
  fractionRead(): number | undefined;
}

/**
 * @param file `-` is standard input
 * @param signal ends a read that waits for input; the pieces then throw its reason
 * @throws HpdError `not_found` where the file can't be opened
 */
export async function openDecoded(file: string, isZipped: boolean, signal?: AbortSignal): Promise<DecodedFile> {
  signal?.throwIfAborted();
  const name = file === "-" ? "standard input" : file;
  const { stream, size } = file === "-" ? { stream: process.stdin, size: undefined } : await openFile(file);
  let bytesRead = 0;
  stream.on("data", (chunk: Uint8Array) => {
    bytesRead += chunk.length;
  });
  // Listening to data starts the flow; whoever reads the pieces decides about that.
  stream.pause();
  // While the model loads nobody reads yet: the error waits in the stream for whoever does.
  stream.on("error", () => {});
  const stop = () => stream.destroy(signal?.reason);
  signal?.addEventListener("abort", stop);
  // A signal may outlive a hundred thousand files.
  stream.once("close", () => signal?.removeEventListener("abort", stop));
  return {
    name,
    pieces: decode(name, signal, isZipped ? pipeline(stream, createGunzip(), () => {}) : stream),
    fractionRead: () => (size === undefined || size === 0 ? undefined : bytesRead / size),
  };
}

async function openFile(file: string): Promise<{ stream: Readable; size: number }> {
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new Error("it is a folder");
    return { stream: createReadStream(file, { fd: handle }), size: stats.size };
  } catch (cause) {
    throw new HpdError("not_found", `${file} can't be read: ${(cause as Error).message}`, { cause });
  }
}

async function* decode(
  name: string,
  signal: AbortSignal | undefined,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  // Strict, because a file in another encoding would give vectors of other words.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  /** Of the line that is not at its end yet. */
  let length = 0;
  const checked = (decodePiece: () => string): string => {
    let piece: string;
    try {
      piece = decodePiece();
    } catch (cause) {
      throw new HpdError("corrupt_file", `${name}: not UTF-8 text, after line ${line}`, { cause });
    }
    for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", at + 1)) line++;
    const lastEnd = piece.lastIndexOf("\n");
    length = lastEnd < 0 ? length + piece.length : piece.length - lastEnd - 1;
    if (length > longestLine) {
      throw new HpdError("corrupt_file", `${name}: line ${line} is longer than ${longestLine} characters`);
    }
    if (!piece.includes("\0")) return piece;
    throw new HpdError("corrupt_file", `${name}: not a text file, it holds a NUL character before line ${line + 1}`);
  };
  try {
    for await (const chunk of bytes) yield checked(() => decoder.decode(chunk, { stream: true }));
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    signal?.throwIfAborted();
    const message = `${name} can't be read to its end, after line ${line}: ${(cause as Error).message}`;
    // What the system says is no fault of the file.
    throw new HpdError((cause as NodeJS.ErrnoException).syscall === undefined ? "corrupt_file" : "runtime", message, {
      cause,
    });
  }
  yield checked(() => decoder.decode());
}

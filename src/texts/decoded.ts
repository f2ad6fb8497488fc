/** The characters of a file or of standard input: unzipped where its name ends in .gz or .zst, strict UTF-8. */
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { cannotRead, fileReason } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
import { zipOf } from "./unzip.ts";
import { Utf8Decoder } from "./utf8.ts";

export interface DecodedFile {
  readonly name: string;
  /** Pieces of text, cut anywhere between two characters. */
  readonly pieces: AsyncIterable<string>;
  fractionRead(): number | undefined;
}

export interface DecodeOptions {
  /** Whether a CR alone ends a line, too: for the lines that messages name. */
  readonly isReturnEnd?: boolean;
  /** Whether the bytes begin where the file does. Default true. */
  readonly isStart?: boolean;
  /** Ends a read that waits for input; the pieces then throw its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param file `-` is standard input
 * @throws HpdError `not_found` where the file can't be opened; the pieces `corrupt_file` with the line
 */
export async function openDecoded(file: string, { isReturnEnd = false, signal }: DecodeOptions): Promise<DecodedFile> {
  signal?.throwIfAborted();
  const name = file === "-" ? "standard input" : file;
  const { stream, size } = file === "-" ? { stream: process.stdin, size: undefined } : await openFile(file);
  let bytesRead = 0;
  stream.on("data", (chunk: Uint8Array) => {
    bytesRead += chunk.length;
  });
  // Listening to data starts the flow; whoever reads the pieces decides about that.
  stream.pause();
  const zip = zipOf(file);
  const bytes = zip === undefined ? stream : pipeline(stream, zip.createDecompressor(), () => {});
  // While the model loads nobody reads yet: the error waits in the stream for whoever does.
  for (const each of [stream, bytes]) each.on("error", () => {});
  const stop = () => stream.destroy(signal?.reason);
  signal?.addEventListener("abort", stop);
  // A signal may outlive a hundred thousand files.
  stream.once("close", () => signal?.removeEventListener("abort", stop));
  return {
    name,
    pieces: decodeBytes(bytes, name, { isReturnEnd, signal }),
    fractionRead: () => (size === undefined || size === 0 ? undefined : bytesRead / size),
  };
}

async function openFile(file: string): Promise<{ stream: Readable; size: number }> {
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (!stats.isDirectory()) return { stream: handle.createReadStream(), size: stats.size };
    await handle.close();
    throw new Error("it is a folder");
  } catch (cause) {
    throw cannotRead(file, cause);
  }
}

/**
 * The characters of bytes that are not zipped any more.
 *
 * @param name of the file, for messages
 * @throws HpdError `corrupt_file` with the line; `runtime` where the system fails
 */
export async function* decodeBytes(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  { isReturnEnd = false, isStart = true, signal }: DecodeOptions,
): AsyncGenerator<string, void, undefined> {
  const decoder = new Utf8Decoder(name, isReturnEnd, isStart);
  try {
    for await (const chunk of bytes) yield* decoder.decode(chunk);
  } catch (cause) {
    if (cause instanceof HpdError) throw cause;
    signal?.throwIfAborted();
    const message = `${name} can't be read to its end: ${fileReason(cause)}`;
    // What the system says is no fault of the file.
    throw new HpdError((cause as NodeJS.ErrnoException).syscall === undefined ? "corrupt_file" : "runtime", message, {
      cause,
    });
  }
  decoder.end();
}

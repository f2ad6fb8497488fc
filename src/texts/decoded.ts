/** The characters of a file or of standard input: unzipped where its name ends in .gz, strict UTF-8. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { cannotRead, fileReason } from "../common/file-errors.ts";
import { HpdError } from "../errors.ts";
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
  const bytes = isZipped(file) ? pipeline(stream, createGunzip(), () => {}) : stream;
  // While the model loads nobody reads yet: the error waits in the stream for whoever does.
  for (const each of [stream, bytes]) each.on("error", () => {});
  const stop = () => stream.destroy(signal?.reason);
  signal?.addEventListener("abort", stop);
  // A signal may outlive a hundred thousand files.
  stream.once("close", () => signal?.removeEventListener("abort", stop));
  return {
    name,
    pieces: decode(name, signal, bytes, new Utf8Decoder(name, isReturnEnd)),
    fractionRead: () => (size === undefined || size === 0 ? undefined : bytesRead / size),
  };
}

/** Whether a file is to be unzipped, by its name. */
export function isZipped(file: string): boolean {
  return file.endsWith(".gz");
}

async function openFile(file: string): Promise<{ stream: Readable; size: number }> {
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (!stats.isDirectory()) return { stream: createReadStream(file, { fd: handle }), size: stats.size };
    await handle.close();
    throw new Error("it is a folder");
  } catch (cause) {
    throw cannotRead(file, cause);
  }
}

async function* decode(
  name: string,
  signal: AbortSignal | undefined,
  bytes: AsyncIterable<Uint8Array>,
  decoder: Utf8Decoder,
): AsyncGenerator<string, void, undefined> {
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

/** Compressed files, by the ends of their names. */
import { Duplex, pipeline, Readable } from "node:stream";
// Whole: Node 20 has no createZstdDecompress to name.
import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { cutAtFrames } from "./zstd-frames.ts";

export interface Zip {
  /** The end of the names, with its dot. */
  readonly ending: ".gz" | ".zst";
  createDecompressor(): Duplex;
}

const zips: readonly Zip[] = [
  { ending: ".gz", createDecompressor: () => zlib.createGunzip() },
  { ending: ".zst", createDecompressor: () => Duplex.from(unzippedZstd) },
];

/** The compression of a file by its name; undefined where it has none. */
export function zipOf(file: string): Zip | undefined {
  return zips.find(({ ending }) => file.endsWith(ending));
}

/** The name without the end that says how it is compressed. */
export function withoutZip(file: string): string {
  return file.slice(0, file.length - (zipOf(file)?.ending.length ?? 0));
}

/** @throws Error for damaged bytes, or an end too early */
async function* unzippedZstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decompressor = zlib.createZstdDecompress?.();
  if (decompressor === undefined) yield* unzippedZstdWithoutRuntime(source);
  else yield* pipeline(Readable.from(cutAtFrames(source)), decompressor, () => {});
}

/** Unzips where the runtime has no zstd of its own. @throws Error for damaged bytes, or an end too early */
async function* unzippedZstdWithoutRuntime(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let out: Uint8Array[] = [];
  const stream = new Decompress((chunk) => {
    out.push(chunk);
  });
  for await (const chunk of source) {
    stream.push(chunk);
    yield* out;
    out = [];
  }
  stream.push(new Uint8Array(), true);
  yield* out;
}

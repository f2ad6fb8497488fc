/**
 * Embeddings that outlast a process: a file for each part of the texts, found by a hash of model, prompt and texts. A
 * part is what the encoder sorts by length together, so embeddings are the same bits whether or not they come from a
 * file.
 *
 * Another model under the same name is recognized by a probe: each file holds the embeddings of its first texts,
 * encoded by themselves, and they are encoded again before the file is believed.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { makeFolder } from "../files/make-folder.ts";
import { replaceFile } from "../files/replace-file.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import { rowsBetween } from "../tensor/rows.ts";

const partTexts = 16_384;
const probeTexts = 8;
/** Tolerance for entries of embeddings of length 1: more than rounding on other machines, less than another model. */
const probeTolerance = 1e-4;
const checksumBytes = 32;

export interface CachedEncoding {
  readonly texts: readonly string[];
  /** All else that embeddings depend on and that is known. */
  readonly identity: object;
  encode(texts: readonly string[], before: number): Promise<Embeddings>;
  /** @param done texts */
  onPart(done: number): void;
}

/** @throws HpdError `invalid_argument` where the folder can't be written; whatever `encode` throws */
export async function encodeCached(folder: string, encoding: CachedEncoding): Promise<Embeddings> {
  const { texts, identity, encode, onPart } = encoding;
  await makeFolder(folder).catch((cause: Error) => {
    throw cannotWrite(folder, cause);
  });
  let all: Embeddings | undefined;
  for (let start = 0; start < texts.length; start += partTexts) {
    const part = texts.slice(start, start + partTexts);
    const path = join(folder, `${keyOf(identity, part)}.embeddings`);
    const probe = await encode(part.slice(0, probeTexts), start);
    let embeddings = await readPart(path, probe, part.length);
    if (embeddings === undefined) {
      embeddings = await encode(part, start);
      await writePart(path, probe, embeddings);
    }
    const { dimension, data } = embeddings;
    all ??= new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    all.data.set(data, start * dimension);
    onPart(start + part.length);
  }
  return all!;
}

function keyOf(identity: object, texts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(identity));
  for (const text of texts) hash.update(`\n${text.length} ${text}`);
  return hash.digest("hex").slice(0, 32);
}

async function writePart(path: string, probe: Embeddings, { data }: Embeddings): Promise<void> {
  const parts = [probe.data, data].map((floats) => new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  await replaceFile(path, [...parts, hash.digest()]);
}

/** Undefined where there is no file, a damaged one, or one of another model. */
async function readPart(path: string, probe: Embeddings, count: number): Promise<Embeddings | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  const { dimension } = probe;
  const size = 4 * dimension * (probe.count + count);
  if (bytes?.length !== size + checksumBytes) return undefined;
  const content = bytes.subarray(0, size);
  if (!createHash("sha256").update(content).digest().equals(bytes.subarray(size))) return undefined;
  const floats = new Float32Array(content.buffer.slice(content.byteOffset, content.byteOffset + size));
  const kept = new Embeddings(floats, probe.count + count, dimension);
  for (const [at, value] of probe.data.entries()) {
    if (!(Math.abs(value - floats[at]!) <= probeTolerance)) return undefined;
  }
  return rowsBetween(kept, probe.count, kept.count);
}

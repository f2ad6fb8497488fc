/**
 * The fingerprint of a model: a hash of the files it is loaded from (configs, tokenizer, weights) and of the settings
 * it is used with. Models with equal fingerprints give equal embeddings. For Node.
 */
import { createHash } from "node:crypto";
import { openModel } from "#hub";
import type { ModelSourceOptions } from "./model-source.ts";
import { readText } from "./read-file.ts";
import { readModuleFolders, selectFiles } from "./select-files.ts";

const chunkSize = 4 * 1024 * 1024;

/**
 * Hashes a model.
 *
 * @param use everything else that embeddings depend on, in a fixed order, with a version number that is incremented
 *   when the same files and options begin to give other embeddings
 * @returns 32 hexadecimal digits
 * @throws HpdError as `openModel` does; the signal's reason
 */
export async function fingerprintModel(idOrPath: string, options: ModelSourceOptions, use: object): Promise<string> {
  const source = await openModel(idOrPath, options);
  const hash = createHash("sha256");
  hash.update(JSON.stringify(use));
  const folders = source.files.includes("modules.json")
    ? readModuleFolders(await readText(source, "modules.json"))
    : [];
  for (const file of selectFiles(source.files, folders)) {
    const bytes = await source.open(file);
    try {
      hash.update(`\n${file} ${bytes.size}\n`);
      for (let at = 0; at < bytes.size; at += chunkSize) {
        options.signal?.throwIfAborted();
        hash.update(await bytes.read(at, Math.min(chunkSize, bytes.size - at)));
      }
    } finally {
      await bytes.close();
    }
  }
  return hash.digest("hex").slice(0, 32);
}

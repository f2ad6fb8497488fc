/**
 * What a teacher's embeddings depend on, as a hash: the files it is loaded from (configs, tokenizer, weights) and the
 * options that change what comes out. Two teachers with the same fingerprint give the same embeddings.
 */
import { createHash } from "node:crypto";
import { openModel } from "#hub";
import { readModuleFolders, selectFiles } from "../../hub/select-files.ts";
import { readText } from "../../modules/read-json.ts";
import { defined } from "../optional.ts";
import type { TeacherOptions } from "./teacher-options.ts";

/** Goes up when the same files and options come to give other embeddings. */
const version = 1;

const chunkSize = 4 * 1024 * 1024;

/** @returns 32 hexadecimal digits. @throws HpdError as `SentenceTransformer.load` does; the signal's reason */
export async function fingerprintTeacher(options: TeacherOptions, signal: AbortSignal): Promise<string> {
  const { model, precision, pooling, truncateDim, prompt, promptName, revision, token, cacheFolder, localFilesOnly } =
    options;
  const source = await openModel(model, { ...defined({ revision, token, cacheFolder, localFilesOnly }), signal });
  const folders = source.files.includes("modules.json")
    ? readModuleFolders(await readText(source, "modules.json"))
    : [];
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ version, precision: precision ?? "fp32", pooling, truncateDim, prompt, promptName }));
  for (const file of selectFiles(source.files, folders)) {
    const bytes = await source.open(file);
    try {
      hash.update(`\n${file} ${bytes.size}\n`);
      for (let at = 0; at < bytes.size; at += chunkSize) {
        signal.throwIfAborted();
        hash.update(await bytes.read(at, Math.min(chunkSize, bytes.size - at)));
      }
    } finally {
      await bytes.close();
    }
  }
  return hash.digest("hex").slice(0, 32);
}

/** A hash of everything that a teacher's embeddings depend on: its files, and the options that change them. */

import { defined } from "../../common/optional.ts";
import { fingerprintModel } from "../../hub/fingerprint.ts";
import type { TeacherOptions } from "./teacher-options.ts";

/** Goes up when the same files and options come to give other embeddings. */
const version = 1;

/** @returns 32 hexadecimal digits. @throws HpdError as `SentenceTransformer.load` does; the signal's reason */
export function fingerprintTeacher(options: TeacherOptions, signal: AbortSignal): Promise<string> {
  const { model, dtype, pooling, truncateDim, prompt, promptName, revision, token, cacheFolder, localFilesOnly } =
    options;
  const source = { ...defined({ revision, token, cacheFolder, localFilesOnly }), signal };
  return fingerprintModel(model, source, {
    version,
    dtype: dtype ?? "fp32",
    pooling,
    truncateDim,
    prompt,
    promptName,
  });
}

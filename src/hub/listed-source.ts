/** A `ModelSource` over a list of files: no others are ever opened. */
import { firstFew } from "../common/first-few.ts";
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { isSafePath } from "./file-path.ts";
import type { ModelSource } from "./model-source.ts";

const maxNamesShown = 20;

/**
 * @param name of the model, for messages
 * @param openListed opens a path of the list
 * @param advice ends the message for a file that is not there
 */
export function listedSource(
  name: string,
  files: readonly string[],
  openListed: (file: string) => Promise<ByteSource>,
  advice = "",
): ModelSource {
  const known = new Set(files);
  async function open(file: string): Promise<ByteSource> {
    if (!isSafePath(file)) {
      throw new HpdError(
        "invalid_argument",
        `a path should be relative to the model, with forward slashes and without "..", got ${JSON.stringify(file)}`,
      );
    }
    if (!known.has(file)) {
      const shown = firstFew(files, maxNamesShown) || "no files";
      throw new HpdError("not_found", `${name} has no file ${file}; it has ${shown}${advice}`);
    }
    return await openListed(file);
  }
  return { name, files, open };
}

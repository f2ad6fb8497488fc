/** A `ModelSource` over a known list of files: only what is on the list is ever opened. */
import { firstFew } from "../common/first-few.ts";
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { isSafePath } from "./file-path.ts";
import type { ModelSource } from "./model-source.ts";

const mostNamesShown = 20;

/**
 * @param name what to call the model in messages
 * @param openListed opens a path that is on the list
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
        `Expected a path relative to the model, with forward slashes and without "..", got ${JSON.stringify(file)}.`,
      );
    }
    if (!known.has(file)) {
      const shown = firstFew(files, mostNamesShown) || "no files";
      throw new HpdError("not_found", `${name} has no file ${file}. It has: ${shown}.${advice}`);
    }
    return await openListed(file);
  }
  return { name, files, open };
}

/** The model that comes with the package. */
import { defaultModel as folderOfModel } from "#hub";

/**
 * The folder of the model that `SentenceTransformer.load` takes where none is named.
 *
 * @throws HpdError `unsupported` in a browser: only the page's own server knows where it serves it
 */
export function defaultModel(): string {
  // Its own declaration: TypeScript's older module resolution can't look up "#hub".
  return folderOfModel();
}

/** Opens a model in Node: a folder on this disk, else a model of the hub through its cache. */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { HpdError } from "../errors.ts";
import { packageFile } from "../files/package-file.ts";
import { defaultModelName } from "./default-model.ts";
import { folderSource, listFolder } from "./local-folder.ts";
import { resolveModelId } from "./model-id.ts";
import type { ModelSource, ModelSourceOptions } from "./model-source.ts";

/** The start of messages about a wrong `idOrPath`. */
const model = "a model should be a folder or a hub id";

/**
 * The folder of this package's own model, beside src/ and dist/.
 *
 * @throws HpdError `not_found` in a bundle that runs where the package isn't installed
 */
export function defaultModel(): string {
  return fileURLToPath(
    packageFile(`models/${defaultModelName}`, () => new URL(`../../models/${defaultModelName}`, import.meta.url)),
  );
}

/**
 * Opens a sentence-transformers model. A folder that exists comes first; a bare name that is no folder means
 * `sentence-transformers/NAME`, as in Python. Only the files a model needs are downloaded, into the hub's own cache.
 * @param idOrPath a folder, or the id of a model on the hub: `org/name` or `name`
 * @throws HpdError `not_found`, `invalid_argument`; for a model of the hub also `network`, `unauthorized`,
 *   `corrupt_file`; the reason of `options.signal`
 */
export async function openModel(idOrPath: string, options: ModelSourceOptions = {}): Promise<ModelSource> {
  const stats = await stat(idOrPath).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw unreadable(idOrPath, cause);
  });
  if (stats?.isDirectory()) {
    const folder = resolve(idOrPath);
    const files = await listFolder(folder).catch((cause: unknown) => {
      throw cause instanceof HpdError ? cause : unreadable(idOrPath, cause as Error);
    });
    return folderSource(idOrPath, folder, files);
  }
  if (stats !== undefined) {
    throw new HpdError("invalid_argument", `${model}, got ${idOrPath}, a file`);
  }
  if (idOrPath.trim() === "") throw new HpdError("invalid_argument", `${model}, got an empty text`);
  const scheme = /^\s*([a-z][a-z0-9+.-]+):\//i.exec(idOrPath)?.[1];
  if (scheme !== undefined) {
    // The URL is not shown: it may hold a password.
    throw new HpdError("invalid_argument", `${model}, got a URL (${scheme}:)`);
  }
  const id = resolveModelId(idOrPath);
  if (id === undefined) {
    throw new HpdError(
      "not_found",
      `${model}, got ${JSON.stringify(idOrPath)}: there is no folder ${resolve(idOrPath)}, and a hub id is name or ` +
        'org/name of letters, digits, ".", "_", "-"',
    );
  }
  return await (await hub()).openHubModel(id, options);
}

/**
 * A model's card, the text of its README.md.
 *
 * @param idOrPath as for `openModel`
 * @returns undefined where there is none, or the hub can't be asked
 * @throws the signal's reason
 */
export async function readModelCard(idOrPath: string, options: ModelSourceOptions = {}): Promise<string | undefined> {
  if ((await stat(idOrPath).catch(() => undefined))?.isDirectory()) {
    return await readFile(join(idOrPath, "README.md"), "utf8").catch(() => undefined);
  }
  const id = resolveModelId(idOrPath);
  return id === undefined ? undefined : await (await hub()).readHubCard(id, options);
}

/** The hub's client, loaded lazily: most models are folders. */
function hub(): Promise<typeof import("./hub-model.ts")> {
  return import("./hub-model.ts");
}

function unreadable(path: string, cause: Error): HpdError {
  return new HpdError("invalid_argument", `${model}, got ${path}, which can't be read: ${cause.message}`, { cause });
}

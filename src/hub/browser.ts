/**
 * Opens a model in a browser: a model of the hub, or any folder on a web server. Files are fetched whole and kept in
 * the browser's Cache if there is one, those of the hub under their commit. `cacheFolder` and the environment are not
 * used.
 */
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { fileUrl, keep, openCache, readBody } from "./browser-fetch.ts";
import { defaultModelName } from "./default-model.ts";
import { isCommit, listHubFiles, resolveCommit } from "./hub-listing.ts";
import { requestHub } from "./hub-request.ts";
import { listedSource } from "./listed-source.ts";
import { memorySource } from "./memory-byte-source.ts";
import { resolveModelId } from "./model-id.ts";
import type { ModelSource, ModelSourceOptions } from "./model-source.ts";
import { pageUrl } from "./page-url.ts";
import { readModuleFolders, selectFiles } from "./select-files.ts";
import { openUrlFolder } from "./url-folder.ts";

const answerTimeoutMs = 30_000;

/** @throws HpdError `unsupported`: only the page's own server knows where it serves this package's model. */
export function defaultModel(): never {
  throw new HpdError(
    "unsupported",
    "a browser needs the name of a model: a hub id, or the URL of a folder. This package's own model is its folder " +
      `models/${defaultModelName}: serve it, and pass its URL`,
  );
}

/**
 * @param idOrPath id of a model on the hub, or the URL of a folder, absolute or relative to the page. Sharded weights only from
 *   the hub.
 * @throws HpdError `network`, `unauthorized`, `not_found`, `corrupt_file`, `unsupported`; the reason of
 *   `options.signal`
 */
export async function openModel(idOrPath: string, options: ModelSourceOptions = {}): Promise<ModelSource> {
  if (options.localFilesOnly === true) {
    throw new HpdError("unsupported", "localFilesOnly is not supported in a browser: pass the URL of a folder instead");
  }
  const name = pageUrl(idOrPath);
  try {
    return /^https?:\/\//.test(name) ? await openUrlFolder(name, options) : await openHub(name, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function openHub(name: string, options: ModelSourceOptions): Promise<ModelSource> {
  const id = resolveModelId(name);
  if (id === undefined) {
    throw new HpdError(
      "not_found",
      `a model should be a hub id (name or org/name) or an http(s) URL, got ${JSON.stringify(name)}`,
    );
  }
  const { token, signal, revision = "main" } = options;
  const connection = { endpoint: "https://huggingface.co", answerTimeoutMs, ...(token !== undefined && { token }) };
  const commit = isCommit(revision) ? revision : await resolveCommit(connection, id, revision, signal);
  const files = await listHubFiles(connection, id, commit, signal);
  const sizeOf = new Map(files.map(({ path, size }) => [path, size]));
  const base = `${connection.endpoint}/${id}/resolve/${commit}/`;
  const open = async (file: string) => {
    const cache = await openCache();
    const url = fileUrl(base, file);
    const kept = await cache?.match(url).catch(() => undefined);
    const bytes = kept
      ? await kept.arrayBuffer()
      : await readBody(connection, await requestHub(connection, url, file, signal ? { signal } : {}), file, options);
    if (bytes.byteLength !== sizeOf.get(file)) {
      throw new HpdError("corrupt_file", `${url} should have ${sizeOf.get(file)} bytes, got ${bytes.byteLength}`);
    }
    if (kept === undefined) await keep(cache, url, bytes);
    return memorySource(url, new Uint8Array(bytes));
  };
  return listedSource(id, selectFiles([...sizeOf.keys()], await moduleFolders(sizeOf.has("modules.json"), open)), open);
}

async function moduleFolders(hasModules: boolean, open: (file: string) => Promise<ByteSource>): Promise<string[]> {
  if (!hasModules) return [];
  const source = await open("modules.json");
  return readModuleFolders(new TextDecoder().decode(await source.read(0, source.size)));
}

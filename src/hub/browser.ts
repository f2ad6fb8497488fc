/**
 * Opening a model in a browser: a model of the hub, or any folder on a web server. A file is fetched whole when it is
 * opened; a hub file is kept in the browser's Cache, where there is one, under its commit. `cacheFolder` means nothing
 * here, and neither does the environment.
 */
import { HpdError } from "../errors.ts";
import type { ByteSource } from "../formats/byte-source.ts";
import { defaultModelName } from "./default-model.ts";
import { isCommit, listHubFiles, resolveCommit } from "./hub-listing.ts";
import { type HubConnection, requestHub, unreachable } from "./hub-request.ts";
import { listedSource } from "./listed-source.ts";
import { memorySource } from "./memory-byte-source.ts";
import { resolveModelId } from "./model-id.ts";
import type { ModelSource, ModelSourceOptions } from "./model-source.ts";
import { readModuleFolders, selectFiles } from "./select-files.ts";

const answerTimeoutMs = 30_000;
const cacheName = "hpd-models";

/** What is asked for in each folder of a plain web server, which has no listing. */
const knownFiles = [
  ...["config.json", "config_sentence_transformers.json", "sentence_bert_config.json", "tokenizer.json"],
  ...["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt"],
  ...["model.safetensors", "pytorch_model.bin"],
];

/** @throws HpdError `unsupported`: only the page's own server knows where it serves this package's model. */
export function defaultModel(): never {
  throw new HpdError(
    "unsupported",
    "In a browser a model has to be named: a hub id, or the URL of a folder. This package's own model is its folder " +
      `models/${defaultModelName}: serve it, and give its URL.`,
  );
}

/**
 * @param idOrPath id of a model on the hub, or the http(s) URL of a folder. Sharded weights only from the hub.
 * @throws HpdError `network`, `unauthorized`, `not_found`, `corrupt_file`, `unsupported`; the reason of `options.signal`
 */
export async function openModel(idOrPath: string, options: ModelSourceOptions = {}): Promise<ModelSource> {
  if (options.localFilesOnly === true) {
    throw new HpdError("unsupported", "localFilesOnly needs a disk; in a browser give the URL of a folder instead.");
  }
  try {
    return /^https?:\/\//.test(idOrPath) ? await openUrl(idOrPath, options) : await openHub(idOrPath, options);
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
      `Expected a hub id (name or org/name) or an http(s) URL, got ${JSON.stringify(name)}.`,
    );
  }
  const { token, signal, revision = "main" } = options;
  const connection = { endpoint: "https://huggingface.co", answerTimeoutMs, ...(token !== undefined && { token }) };
  const commit = isCommit(revision) ? revision : await resolveCommit(connection, id, revision, signal);
  const files = await listHubFiles(connection, id, commit, signal);
  const sizeOf = new Map(files.map(({ path, size }) => [path, size]));
  const base = `${connection.endpoint}/${id}/resolve/${commit}/`;
  const open = async (file: string) => {
    const cache = await globalThis.caches?.open(cacheName).catch(() => undefined);
    const url = fileUrl(base, file);
    const kept = await cache?.match(url);
    const bytes = kept ? new Uint8Array(await kept.arrayBuffer()) : await fetchBytes(connection, url, file, options);
    if (bytes.length !== sizeOf.get(file)) {
      throw new HpdError("corrupt_file", `${url} should have ${sizeOf.get(file)} bytes; ${bytes.length} came.`);
    }
    if (kept === undefined) {
      // A full or forbidden cache only means that the file is fetched again next time.
      await cache?.put(url, new Response(bytes)).catch(() => {});
    }
    return memorySource(url, bytes);
  };
  return listedSource(id, selectFiles([...sizeOf.keys()], await moduleFolders(sizeOf.has("modules.json"), open)), open);
}

async function openUrl(url: string, options: ModelSourceOptions): Promise<ModelSource> {
  if (!URL.canParse(url)) {
    throw new HpdError("invalid_argument", `Expected the URL of a folder, got ${JSON.stringify(url)}.`);
  }
  const base = url.endsWith("/") ? url : `${url}/`;
  const connection = { endpoint: new URL(base).origin, answerTimeoutMs };
  const open = async (file: string) =>
    memorySource(fileUrl(base, file), await fetchBytes(connection, fileUrl(base, file), file, options));
  const exists = async (file: string) => {
    const init = { method: "HEAD", ...(options.signal && { signal: options.signal }) };
    const response = await requestHub(connection, fileUrl(base, file), file, init).catch((error: HpdError) => {
      if (error.code === "not_found") {
        return undefined;
      }
      throw error;
    });
    // Servers of single-page applications answer with their page for whatever is not there.
    return response !== undefined && response.headers.get("content-type")?.startsWith("text/html") !== true;
  };
  const hasModules = await exists("modules.json");
  const folders = await moduleFolders(hasModules, open);
  const candidates = ["", ...folders.map((folder) => `${folder}/`)].flatMap((f) => knownFiles.map((name) => f + name));
  const found = await Promise.all(candidates.map(async (file) => ((await exists(file)) ? [file] : [])));
  return listedSource(url, selectFiles([...(hasModules ? ["modules.json"] : []), ...found.flat()], folders), open);
}

async function moduleFolders(hasModules: boolean, open: (file: string) => Promise<ByteSource>): Promise<string[]> {
  if (!hasModules) {
    return [];
  }
  const source = await open("modules.json");
  return readModuleFolders(new TextDecoder().decode(await source.read(0, source.size)));
}

async function fetchBytes(connection: HubConnection, url: string, file: string, options: ModelSourceOptions) {
  const response = await requestHub(connection, url, file, options.signal ? { signal: options.signal } : {});
  const totalBytes = Number(response.headers.get("content-length") ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body?.getReader();
  for (let loadedBytes = 0; reader !== undefined; ) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw unreachable(connection, file, cause);
    });
    if (done) {
      break;
    }
    parts.push(value);
    loadedBytes += value.length;
    options.onProgress?.({ file, loadedBytes, totalBytes: Math.max(totalBytes, loadedBytes) });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function fileUrl(base: string, file: string): string {
  return base + file.split("/").map(encodeURIComponent).join("/");
}

/**
 * A model's folder on any web server. Without a listing, files are requested by name, each once, and only if the files
 * before don't make it unnecessary. Files are kept in the browser's Cache: one with the same ETag, or time and length,
 * on the server isn't loaded again, and without the server all come from the Cache. A file without any of these headers
 * is always loaded.
 */
import { isObject, parseJson } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { fileUrl, keep, openCache, readBody } from "./browser-fetch.ts";
import { isSafePath } from "./file-path.ts";
import { type HubConnection, requestHub } from "./hub-request.ts";
import { listedSource } from "./listed-source.ts";
import { memorySource } from "./memory-byte-source.ts";
import type { ModelSource, ModelSourceOptions } from "./model-source.ts";
import { moduleConfigNames } from "./module-config-names.ts";
import { maxModules, readModuleFolders, selectFiles } from "./select-files.ts";

const answerTimeoutMs = 30_000;

/** Modules that have no weights. */
const withoutWeights = ["Pooling", "Normalize", "Dropout", "SpladePooling"];

/** Maximum shards of a model. */
const maxShards = 1000;

/** Modules that have a tokenizer. */
const inputTypes = ["Transformer", "StaticEmbedding", "MLMTransformer", "SparseStaticEmbedding"];

/** @throws HpdError `network`, `not_found`, `unauthorized`, `corrupt_file`, `invalid_argument`; the signal's reason */
export async function openUrlFolder(url: string, options: ModelSourceOptions): Promise<ModelSource> {
  if (!URL.canParse(url)) {
    throw new HpdError("invalid_argument", `a folder should have a URL, got ${JSON.stringify(url)}`);
  }
  const folder = new UrlFolder(url.endsWith("/") ? url : `${url}/`, options);
  const modulesJson = await folder.text("modules.json");
  const folders = modulesJson === undefined ? [] : readModuleFolders(modulesJson);
  const [first = { path: "", type: "Transformer" }, ...others] =
    modulesJson === undefined ? [] : moduleTypes(modulesJson);
  const routed: string[] = [];
  const find = async ({ path, type }: ModuleType, isInput: boolean): Promise<void> => {
    const inside = path === "" ? "" : `${path}/`;
    if (isRouter(type)) {
      const modules = (await folder.routerTypes(inside)).map((module) => ({
        ...module,
        path: [path, module.path].filter((part) => part !== "").join("/"),
      }));
      routed.push(...modules.map((module) => module.path));
      await Promise.all(modules.map((module) => find(module, inputTypes.includes(module.type))));
    } else if (type === "WordEmbeddings") await folder.findWords(inside);
    else if (isInput) await folder.findTransformer(inside, modulesJson !== undefined);
    else await folder.findModule(inside, !withoutWeights.includes(type));
  };
  await Promise.all([
    find(first, true),
    modulesJson !== undefined && folder.has("config_sentence_transformers.json"),
    ...others.map((module) => find(module, false)),
  ]);
  return listedSource(url, selectFiles(folder.found(), [...folders, ...routed]), async (file) =>
    memorySource(folder.urlOf(file), new Uint8Array(await folder.take(file))),
  );
}

interface ModuleType {
  /** Folder of the module; "" is the model's root. */
  readonly path: string;
  /** Name of its class. */
  readonly type: string;
}

function isRouter(type: string): boolean {
  return type === "Router" || type === "Asym";
}

/** The modules in order. */
function moduleTypes(modulesJson: string): ModuleType[] {
  return (parseJson(modulesJson, "modules.json") as unknown[]).map((module) => {
    const { path, type } = isObject(module) ? module : {};
    return { path: typeof path === "string" && path !== "." ? path : "", type: String(type).split(".").at(-1)! };
  });
}

class UrlFolder {
  readonly #base: string;
  readonly #options: ModelSourceOptions;
  readonly #connection: HubConnection;
  readonly #files = new Map<string, ArrayBuffer | undefined>();
  /** Whether only the Cache is used: decided by the first request, so that versions of files are not mixed. */
  #isOffline = false;

  constructor(base: string, options: ModelSourceOptions) {
    this.#base = base;
    this.#options = options;
    this.#connection = { endpoint: new URL(base).origin, answerTimeoutMs };
  }

  urlOf(file: string): string {
    return fileUrl(this.#base, file);
  }

  found(): string[] {
    return [...this.#files].flatMap(([file, bytes]) => (bytes === undefined ? [] : [file]));
  }

  /** The bytes of a file, which are dropped: a second call fetches it again, so that the source holds no weights. */
  async take(file: string): Promise<ArrayBuffer> {
    const bytes = this.#files.get(file) ?? (await this.#fetch(file));
    this.#files.delete(file);
    if (bytes !== undefined) return bytes;
    throw new HpdError("not_found", `${this.urlOf(file)} no longer exists`);
  }

  async text(file: string): Promise<string | undefined> {
    return (await this.has(file)) ? new TextDecoder().decode(this.#files.get(file)) : undefined;
  }

  async has(file: string): Promise<boolean> {
    const bytes = await this.#fetch(file);
    this.#files.set(file, bytes);
    return bytes !== undefined;
  }

  /** @param hasModules whether there is a modules.json: a plain transformers folder has no settings */
  async findTransformer(folder: string, hasModules: boolean): Promise<void> {
    const network = async () => {
      const [hasConfig, hasWeights] = await Promise.all([this.has(`${folder}config.json`), this.#findWeights(folder)]);
      // Python saves an adapter without either.
      if (!hasConfig || !hasWeights) await this.has(`${folder}adapter_config.json`);
    };
    await Promise.all([network(), hasModules && this.#findSettings(folder), this.#findTokenizer(folder)]);
  }

  /** The modules of a Router's routes, their folders inside its own, or "" for that. */
  async routerTypes(folder: string): Promise<ModuleType[]> {
    const text = (await this.text(`${folder}router_config.json`)) ?? (await this.text(`${folder}config.json`));
    const config = text === undefined ? {} : parseJson(text, `${folder}router_config.json`);
    const types = isObject(config) && isObject(config.types) ? Object.entries(config.types) : [];
    return types
      .map(([path, type]) => ({ path, type: String(type).split(".").at(-1)! }))
      .filter(({ path, type }) => isSafePath(path) || (path === "" && !isRouter(type)))
      .slice(0, maxModules);
  }

  async findWords(folder: string): Promise<void> {
    const configs = ["wordembedding_config.json", "whitespacetokenizer_config.json"];
    await Promise.all([this.#findAll(folder, configs), this.#findWeights(folder)]);
  }

  async findModule(folder: string, hasWeights: boolean): Promise<void> {
    await Promise.all([this.has(`${folder}config.json`), hasWeights && this.#findWeights(folder)]);
  }

  async #findAll(folder: string, names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.has(folder + name)));
  }

  async #findTokenizer(folder: string): Promise<void> {
    const [config, hasAll] = await Promise.all([
      this.text(`${folder}tokenizer_config.json`),
      this.has(`${folder}tokenizer.json`),
    ]);
    const names = hasAll ? [] : ["vocab.txt", "vocab.json", "merges.txt"];
    // Where one has the decoder, neither of these counts. Version 5 of transformers, which writes `backend`, writes
    // neither, and a tokenizer.json has the added tokens of older versions.
    if (!config?.includes('"added_tokens_decoder"')) {
      if (!config?.includes('"backend"') || !hasAll) names.push("special_tokens_map.json");
      if (!hasAll) names.push("added_tokens.json");
    }
    await this.#findAll(folder, names);
  }

  /** @returns whether there are any */
  async #findWeights(folder: string): Promise<boolean> {
    // The second one is of `hpd quantize`.
    for (const name of ["model.safetensors", "model.int8.safetensors"]) if (await this.has(folder + name)) return true;
    for (const name of ["model.safetensors", "pytorch_model.bin"]) {
      if (name === "pytorch_model.bin" && (await this.has(folder + name))) return true;
      const index = await this.text(`${folder}${name}.index.json`);
      if (index === undefined) continue;
      const parsed = parseJson(index, `${folder}${name}.index.json`);
      const shards = isObject(parsed) && isObject(parsed.weight_map) ? Object.values(parsed.weight_map) : [];
      await this.#findAll(folder, [...new Set(shards.map(String))].filter(isSafePath).slice(0, maxShards));
      return true;
    }
    return false;
  }

  /** Requests settings until the first that is not empty. */
  async #findSettings(folder: string): Promise<void> {
    for (const name of moduleConfigNames) {
      const text = await this.text(folder + name);
      if (text !== undefined && text.replace(/\s/g, "") !== "{}") return;
    }
  }

  /** @returns undefined where there is no such file */
  async #fetch(file: string): Promise<ArrayBuffer | undefined> {
    const url = this.urlOf(file);
    const cache = await openCache();
    const kept = await cache?.match(url).catch(() => undefined);
    if (!this.#isOffline) {
      try {
        return await this.#fetchNew(url, file, cache, kept);
      } catch (error) {
        this.#options.signal?.throwIfAborted();
        if ((error as HpdError).code !== "network" || kept === undefined || this.#files.size > 0) throw error;
        this.#isOffline = true;
      }
    }
    return kept?.arrayBuffer();
  }

  async #fetchNew(
    url: string,
    file: string,
    cache: Cache | undefined,
    kept: Response | undefined,
  ): Promise<ArrayBuffer | undefined> {
    if (kept?.headers.has("etag") || kept?.headers.has("last-modified")) {
      const now = await this.#request("HEAD", url, file);
      if (now !== undefined && isSame(kept.headers, now.headers)) return kept.arrayBuffer();
    }
    const response = await this.#request("GET", url, file);
    if (response === undefined) {
      await cache?.delete(url).catch(() => {});
      return undefined;
    }
    const bytes = await readBody(this.#connection, response, file, this.#options);
    await keep(cache, url, bytes, response.headers);
    return bytes;
  }

  /** @returns undefined where there is no such file */
  async #request(method: "GET" | "HEAD", url: string, file: string): Promise<Response | undefined> {
    const { signal } = this.#options;
    let response: Response;
    try {
      response = await requestHub(this.#connection, url, file, { method, ...(signal && { signal }) });
    } catch (error) {
      if ((error as HpdError).code === "not_found") return undefined;
      throw error;
    }
    // Servers of single-page applications answer with their page for whatever is not there.
    if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
    await response.body?.cancel();
    return undefined;
  }
}

/** Whether two answers have the same file by their headers: its ETag, or time and length. */
function isSame(kept: Headers, now: Headers): boolean {
  const same = (name: string) => kept.get(name) !== null && kept.get(name) === now.get(name);
  return kept.has("etag") || now.has("etag") ? same("etag") : same("last-modified") && same("content-length");
}

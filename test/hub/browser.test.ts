import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defaultModel, openModel } from "../../src/hub/browser.ts";
import { defaultModelName } from "../../src/hub/default-model.ts";
import { oldLayout } from "../sparse-encoder/old-layout.ts";
import { type HubServer, sendBody, startHub } from "./hub-server.ts";

const files: Record<string, Buffer> = {
  "1_Pooling/config.json": Buffer.from('{"pooling_mode":"mean"}'),
  "config.json": Buffer.from('{"hidden_size":8}'),
  "model.safetensors": Buffer.alloc(100_000, "weights "),
  "modules.json": Buffer.from('[{"path":""},{"path":"1_Pooling"},{"path":"2_Normalize"}]'),
  "vocab.txt": Buffer.from("a\nb"),
};
const names = Object.keys(files);

/** The modules that `file` imports when it is loaded, and those that these import. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  for (const [, name] of source.matchAll(
    /^(?:import|export) (?!type )(?:.*? from )?"([^"]+)";$|^\} from "([^"]+)";$/gm,
  )) {
    const path = name?.startsWith(".") ? new URL(name, new URL(file, import.meta.url)).href : name;
    if (path !== undefined && !seen.has(path)) {
      seen.add(path);
      if (path.startsWith("file:")) {
        importsOf(path, seen);
      }
    }
  }
  return seen;
}

test("nothing of Node is imported", () => {
  const imports = [...importsOf("../../src/hub/browser.ts")];
  expect(imports.filter((name) => name.startsWith("file:")).length).toBeGreaterThan(5);
  expect(imports.filter((name) => !name.startsWith("file:"))).toEqual([]);
});

test("no model is the default one: only the page's server knows where it is", () => {
  expect(() => defaultModel()).toThrow(/a browser needs the name of a model: a hub id, or the URL of a folder/);
});

describe("a model of the hub", () => {
  let hub: HubServer;

  beforeEach(async () => {
    hub = await startHub({ "org/tiny": { ...files, "pytorch_model.bin": files["model.safetensors"]! } });
    const { fetch } = globalThis;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
      fetch(url.replace("https://huggingface.co", hub.url), init),
    );
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await hub.close();
  });

  test("is listed, and its files are fetched when they are opened", async () => {
    const progress: number[] = [];
    const model = await openModel("org/tiny", { onProgress: ({ done }) => progress.push(done) });
    expect(model.files).toEqual(names);
    expect(hub.bodies()).toEqual(["modules.json"]);
    const source = await model.open("model.safetensors");
    expect(source.size).toBe(100_000);
    expect(Buffer.from(await source.read(8, 8)).toString()).toBe("weights ");
    await expect(source.read(99_999, 2)).rejects.toMatchObject({ code: "corrupt_file" });
    expect(progress.at(-1)).toBe(100_000);
    await expect(model.open("merges.txt")).rejects.toMatchObject({ code: "not_found" });
    await expect(model.open("../x")).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("comes from the browser's cache the second time", async () => {
    const kept = new Map<string, Response>();
    const match = async (url: string) => kept.get(url)?.clone();
    const put = async (url: string, response: Response) => void kept.set(url, response);
    vi.stubGlobal("caches", { open: async () => ({ match, put }) });
    await (await openModel("org/tiny")).open("model.safetensors");
    hub.requests.length = 0;
    const source = await (await openModel("org/tiny")).open("model.safetensors");
    expect(source.size).toBe(100_000);
    expect(hub.bodies()).toEqual([]);
  });

  test("errors are those of Node", async () => {
    await expect(openModel("org/unknown")).rejects.toMatchObject({ code: "unauthorized" });
    await expect(openModel("../x")).rejects.toMatchObject({ code: "not_found" });
    await expect(openModel("org/tiny", { localFilesOnly: true })).rejects.toMatchObject({ code: "unsupported" });
    await expect(openModel("org/tiny", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    const cut = await openModel("org/tiny");
    hub.onBody = (_request, response) => {
      response.writeHead(200, { "content-length": 100_000 });
      response.write("some", () => response.destroy());
      return true;
    };
    await expect(cut.open("model.safetensors")).rejects.toMatchObject({ code: "network" });
    hub.onBody = (request, response) => {
      sendBody(request, response, Buffer.from("short"));
      return true;
    };
    await expect(cut.open("model.safetensors")).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

/** The browser's Cache, as far as it is used here. */
function fakeCaches() {
  const kept = new Map<string, Response>();
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    put: async (url: string, response: Response) => void kept.set(url, response),
    delete: async (url: string) => kept.delete(url),
  };
  return { open: async () => cache };
}

describe("the URL of a folder", () => {
  let server: Server;
  let url: string;
  let there: Record<string, Buffer>;
  /** What the server answers for a path that is not there. */
  let missing: { status: number; type: string };
  /** What was asked for and there, and what was not. */
  let asked: { found: string[]; lost: string[] };
  let headersOf: (file: string) => Record<string, string>;

  beforeEach(async () => {
    there = { ...files };
    missing = { status: 404, type: "text/plain" };
    asked = { found: [], lost: [] };
    headersOf = () => ({});
    server = createServer((request, response) => {
      const file = decodeURIComponent(request.url ?? "").replace(/^\/models\/tiny\//, "");
      const content = there[file];
      asked[content === undefined ? "lost" : "found"].push(`${request.method === "GET" ? "" : request.method}${file}`);
      if (content === undefined) {
        response.writeHead(missing.status, { "content-type": missing.type }).end();
        return;
      }
      for (const [name, value] of Object.entries(headersOf(file))) response.setHeader(name, value);
      sendBody(request, response, content);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny`;
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const textOf = async (model: Awaited<ReturnType<typeof openModel>>, file: string) => {
    const source = await model.open(file);
    return Buffer.from(await source.read(0, source.size)).toString();
  };

  test.each([
    ["a plain server", 404, "text/plain"],
    ["a server that answers everything with its page", 200, "text/html; charset=utf-8"],
  ])("%s", async (_what, status, type) => {
    missing = { status, type };
    const model = await openModel(url);
    expect(model.name).toBe(url);
    expect(model.files).toEqual(names);
    expect(await textOf(model, "1_Pooling/config.json")).toBe(String(files["1_Pooling/config.json"]));
    // Opened again, it is fetched again: the source holds no weights.
    expect(await textOf(model, "1_Pooling/config.json")).toBe(String(files["1_Pooling/config.json"]));
    await expect(model.open("merges.txt")).rejects.toMatchObject({ code: "not_found" });
  });

  test("each file is asked for once, and those that others make needless never", async () => {
    const modules = [
      { path: "", type: "sentence_transformers.models.Transformer" },
      { path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
      { path: "2_Dense", type: "sentence_transformers.models.Dense" },
    ];
    for (const file of ["sentence_bert_config.json", "config_sentence_transformers.json", "2_Dense/config.json"]) {
      there[file] = Buffer.from('{"x":1}');
    }
    for (const file of ["2_Dense/model.safetensors", "pytorch_model.bin", "tokenizer.json"])
      there[file] = Buffer.from("x");
    there["modules.json"] = Buffer.from(JSON.stringify(modules));
    there["tokenizer_config.json"] = Buffer.from('{"added_tokens_decoder": {}}');
    const model = await openModel(url);
    for (const file of model.files) await model.open(file);
    const needless = ["pytorch_model.bin", "vocab.txt"];
    expect(asked.found.sort()).toEqual(
      Object.keys(there)
        .filter((file) => !needless.includes(file))
        .sort(),
    );
    expect(model.files).toEqual(asked.found);
    expect(asked.lost).toEqual([]);
  });

  test("the default model: nothing is asked for that isn't there", async () => {
    const root = new URL(`../../models/${defaultModelName}/`, import.meta.url);
    const paths = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(fileURLToPath(root), join(entry.parentPath, entry.name)));
    there = Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, root))]));
    const model = await openModel(url);
    expect(asked.lost).toEqual([]);
    const needless = ["README.md", "vocab.txt"];
    expect(model.files).toEqual(paths.filter((path) => !needless.includes(path)).sort());
  });

  test.each(["/models/tiny", "../models/tiny/", "./../models/tiny"])("relative to the page: %s", async (path) => {
    vi.stubGlobal("location", { href: new URL("/page/index.html?q=1", url).href });
    expect((await openModel(path)).files).toEqual(names);
  });

  test("an adapter without weights is found, to be refused", async () => {
    there = { "adapter_config.json": Buffer.from("{}"), "tokenizer.json": Buffer.from("{}") };
    expect((await openModel(url)).files).toEqual(["adapter_config.json", "tokenizer.json"]);
  });

  test.each(["model2vec", "router", "word-embeddings-as-published", "xlm-roberta"])(
    "the fixture %s: all of its files, in the root or below it",
    async (name) => {
      const root = new URL(`../fixtures/models/${name}/`, import.meta.url);
      const paths = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(fileURLToPath(root), join(entry.parentPath, entry.name)));
      there = Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(path, root))]));
      expect((await openModel(url)).files).toEqual(paths.sort());
    },
  );

  test("a Router with a transformer in its own folder", async () => {
    there = oldLayout();
    expect((await openModel(url)).files).toEqual(Object.keys(there).sort());
    there["router_config.json"] = Buffer.from(JSON.stringify({ types: { "": "Router" } }));
    expect((await openModel(url)).files).toEqual([
      "config_sentence_transformers.json",
      "modules.json",
      "router_config.json",
    ]);
  });

  test("a plain transformers folder, with weights and vocabulary of old", async () => {
    there = { "config.json": Buffer.from("{}"), "pytorch_model.bin": Buffer.from("w"), "vocab.txt": Buffer.from("a") };
    expect((await openModel(url)).files).toEqual(Object.keys(there));
  });

  test.each([
    ["its tag", { etag: '"1"' }, { etag: '"2"' }],
    [
      "its time",
      { "last-modified": "Sat, 28 Nov 2026 10:00:00 GMT" },
      { "last-modified": "Sat, 28 Nov 2026 10:00:01 GMT" },
    ],
  ])(
    "a file is taken from the browser's Cache while the server says by %s that it is the same",
    async (_by, before, after) => {
      vi.stubGlobal("caches", fakeCaches());
      headersOf = () => before;
      await openModel(url);
      const { length } = files["config.json"]!;
      there["config.json"] = Buffer.alloc(length, "y");
      expect(await textOf(await openModel(url), "config.json")).toBe(String(files["config.json"]));
      headersOf = () => after;
      expect(await textOf(await openModel(url), "config.json")).toBe("y".repeat(length));
    },
  );

  test("a file that the server says nothing about comes from the server", async () => {
    vi.stubGlobal("caches", fakeCaches());
    await openModel(url);
    there["config.json"] = Buffer.from("new");
    expect(await textOf(await openModel(url), "config.json")).toBe("new");
  });

  test("without the server all files come from the Cache; not some where it fails in between", async () => {
    vi.stubGlobal("caches", fakeCaches());
    await openModel(url);
    missing = { status: 500, type: "text/plain" };
    delete there["config.json"];
    await expect(openModel(url)).rejects.toMatchObject({ code: "network" });
    there = {};
    const model = await openModel(url);
    expect(model.files).toEqual(names);
    expect(await textOf(model, "vocab.txt")).toBe("a\nb");
  });

  test("a URL with a password is refused without being shown", async () => {
    const message = expect.not.stringMatching(/secret/);
    await expect(openModel("http://me:secret@127.0.0.1:9/model")).rejects.toMatchObject({
      code: "invalid_argument",
      message,
    });
  });

  test("a server that fails, none, and no URL", async () => {
    missing = { status: 500, type: "text/plain" };
    await expect(openModel(`${url}/nothing`)).rejects.toMatchObject({ code: "network" });
    await expect(openModel("http://127.0.0.1:1/x")).rejects.toMatchObject({ code: "network" });
    await expect(openModel("http://")).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

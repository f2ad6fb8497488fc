import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { defaultModel, openModel } from "../../src/hub/browser.ts";
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
  expect(() => defaultModel()).toThrow(/has to be named: a hub id, or the URL of a folder/);
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
    const model = await openModel("org/tiny", { onProgress: ({ loadedBytes }) => progress.push(loadedBytes) });
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

describe("the URL of a folder", () => {
  let server: Server;
  let url: string;
  /** What the server answers for a path that is not there. */
  let missing: { status: number; type: string };

  beforeEach(async () => {
    missing = { status: 404, type: "text/plain" };
    server = createServer((request, response) => {
      const content = files[decodeURIComponent(request.url ?? "").replace(/^\/models\/tiny\//, "")];
      if (content === undefined) {
        response.writeHead(missing.status, { "content-type": missing.type }).end();
      } else {
        sendBody(request, response, content);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/tiny`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each([
    ["a plain server", 404, "text/plain"],
    ["a server that answers everything with its page", 200, "text/html; charset=utf-8"],
  ])("%s", async (_what, status, type) => {
    missing = { status, type };
    const model = await openModel(url);
    expect(model.name).toBe(url);
    expect(model.files).toEqual(names);
    const source = await model.open("1_Pooling/config.json");
    expect(Buffer.from(await source.read(0, source.size))).toEqual(files["1_Pooling/config.json"]);
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
    await expect(openModel(url)).rejects.toMatchObject({ code: "network" });
    await expect(openModel("http://127.0.0.1:1/x")).rejects.toMatchObject({ code: "network" });
    await expect(openModel("http://")).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

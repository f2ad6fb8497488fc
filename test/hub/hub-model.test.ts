import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ModelSource } from "../../src/hub/model-source.ts";
import { openModel } from "../../src/hub/node.ts";
import { commit, etagOf, gitHash, type HubServer, sendBody, startHub } from "./hub-server.ts";

const id = "org/tiny";
const weights = Buffer.alloc(300_000, "weights ");
const needed: Record<string, Buffer> = {
  "1_Pooling/config.json": Buffer.from('{"pooling_mode":"mean"}'),
  "config.json": Buffer.from('{"hidden_size":8}'),
  "model.safetensors": weights,
  "modules.json": Buffer.from('[{"path":""},{"path":"1_Pooling"},{"path":"head é"}]'),
  "tokenizer.json": Buffer.from("{}"),
  "vocab.txt": Buffer.alloc(0),
  "head é/config.json": Buffer.from('{"dense":true}'),
};
const files: Record<string, Buffer> = {
  ...needed,
  "README.md": Buffer.from("# Tiny"),
  "pytorch_model.bin": weights,
  "onnx/model.onnx": weights,
};
const neededNames = Object.keys(needed).sort();

let home: string;
let hub: HubServer;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "hpd-hub-"));
  hub = await startHub({ [id]: files, "sentence-transformers/bare": files });
  for (const name of Object.keys(process.env).filter((key) => /^(HF|HUGGING|TRANSFORMERS|SENTENCE)_?/.test(key))) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv("HF_HOME", home);
  vi.stubEnv("HF_ENDPOINT", `${hub.url}/`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  rmSync(home, { recursive: true });
});

const repository = (cache = join(home, "hub")) => join(cache, "models--org--tiny");
const snapshot = () => join(repository(), "snapshots", commit);
const leftovers = () =>
  existsSync(repository())
    ? readdirSync(repository(), { recursive: true }).filter((name) => /incomplete|tmp/.test(String(name)))
    : [];

async function readAll(model: ModelSource, file: string): Promise<Buffer> {
  const source = await model.open(file);
  const bytes = Buffer.from(await source.read(0, source.size));
  await source.close();
  return bytes;
}

async function expectWhole(model: ModelSource): Promise<void> {
  expect(model.files).toEqual(neededNames);
  for (const [file, content] of Object.entries(needed)) {
    expect((await readAll(model, file)).equals(content), file).toBe(true);
  }
}

/** The layout that huggingface_hub writes when files are fetched one by one. */
function writeAsPython(names: readonly string[], options: { dangling?: string } = {}): void {
  for (const name of names) {
    const blob = etagOf(name, files[name]!);
    const pointer = join(snapshot(), name);
    mkdirSync(dirname(pointer), { recursive: true });
    mkdirSync(join(repository(), "blobs"), { recursive: true });
    if (name !== options.dangling) {
      writeFileSync(join(repository(), "blobs", blob), files[name]!);
    }
    symlinkSync(join(name.includes("/") ? "../../../blobs" : "../../blobs", blob), pointer);
  }
  mkdirSync(join(repository(), "refs"), { recursive: true });
  writeFileSync(join(repository(), "refs", "main"), commit);
}

describe("a first load", () => {
  test("fetches the needed files into the hub's own layout", async () => {
    const model = await openModel(id);
    expect(model.name).toBe(id);
    await expectWhole(model);
    expect(hub.bodies().length).toBe(neededNames.length - 1); // vocab.txt is empty
    expect(hub.bodies()).not.toContain("pytorch_model.bin");
    expect(readFileSync(join(repository(), "refs", "main"), "utf8")).toBe(commit);
    expect(readlinkSync(join(snapshot(), "1_Pooling/config.json"))).toBe(
      `../../../blobs/${gitHash(needed["1_Pooling/config.json"]!)}`,
    );
    expect(leftovers()).toEqual([]);
  });

  test("a bare name is a model of sentence-transformers", async () => {
    expect((await openModel("bare")).name).toBe("sentence-transformers/bare");
  });

  test("reports progress up to the size of each file", async () => {
    const last = new Map<string, number>();
    await openModel(id, {
      onProgress: ({ file, loadedBytes, totalBytes }) => {
        expect(totalBytes).toBe(needed[file]!.length);
        expect(loadedBytes).toBeGreaterThan(last.get(file) ?? 0);
        last.set(file, loadedBytes);
      },
    });
    expect(last.get("model.safetensors")).toBe(weights.length);
  });

  test("four at once into one cache end with one whole model", async () => {
    const models = await Promise.all(Array.from({ length: 4 }, () => openModel(id)));
    for (const model of models) {
      await expectWhole(model);
    }
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ["cacheFolder", {}],
    ["HF_HUB_CACHE", { HF_HUB_CACHE: "cache" }],
    ["HUGGINGFACE_HUB_CACHE", { HUGGINGFACE_HUB_CACHE: "cache" }],
    ["SENTENCE_TRANSFORMERS_HOME", { SENTENCE_TRANSFORMERS_HOME: "cache", HF_HUB_CACHE: "elsewhere" }],
  ])("the cache is where %s says", async (_name, variables) => {
    const cache = join(home, "cache");
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, join(home, value));
    }
    await openModel(id, Object.keys(variables).length === 0 ? { cacheFolder: cache } : {});
    expect(existsSync(join(repository(cache), "snapshots", commit, "config.json"))).toBe(true);
  });
});

describe("a second load", () => {
  test("asks for the commit only, and for nothing where the revision is one", async () => {
    await openModel(id);
    hub.requests.length = 0;
    await expectWhole(await openModel(id));
    expect(hub.requests).toEqual([`GET /api/models/${id}/revision/main`]);
    hub.requests.length = 0;
    await expectWhole(await openModel(id, { revision: commit }));
    expect(hub.requests).toEqual([]);
  });

  test("fetches again what has been cut", async () => {
    await openModel(id);
    truncateSync(join(repository(), "blobs", etagOf("model.safetensors", weights)), 1000);
    hub.requests.length = 0;
    await expectWhole(await openModel(id));
    expect(hub.bodies()).toEqual(["model.safetensors"]);
  });

  test("fetches nothing that Python has fetched", async () => {
    writeAsPython(neededNames);
    await expectWhole(await openModel(id));
    expect(hub.bodies()).toEqual([]);
  });

  test("links what is there as a blob", async () => {
    writeAsPython(neededNames);
    rmSync(join(repository(), "snapshots"), { recursive: true });
    await expectWhole(await openModel(id));
    expect(hub.bodies()).toEqual([]);
  });

  test("another revision of the same commit shares everything", async () => {
    await openModel(id);
    hub.requests.length = 0;
    await openModel(id, { revision: "v1" });
    expect(hub.bodies()).toEqual([]);
    expect(readFileSync(join(repository(), "refs", "v1"), "utf8")).toBe(commit);
  });
});

describe("offline", () => {
  test.each([
    ["localFilesOnly", {}],
    ["HF_HUB_OFFLINE", { HF_HUB_OFFLINE: "1" }],
    ["TRANSFORMERS_OFFLINE", { TRANSFORMERS_OFFLINE: "true" }],
  ])("%s serves the cache without a request", async (_name, variables) => {
    await openModel(id);
    hub.requests.length = 0;
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, value);
    }
    await expectWhole(await openModel(id, Object.keys(variables).length === 0 ? { localFilesOnly: true } : {}));
    expect(hub.requests).toEqual([]);
  });

  test("says what to do where nothing is cached", async () => {
    await expect(openModel(id, { localFilesOnly: true })).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/not in the cache.*models--org--tiny.*network on/),
    });
  });

  test("names a file that is missing or cut", async () => {
    await openModel(id);
    rmSync(join(snapshot(), "tokenizer.json"));
    truncateSync(join(snapshot(), "model.safetensors"), 1000);
    await expect(openModel(id, { localFilesOnly: true })).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/partly in the cache: model\.safetensors, tokenizer\.json missing or cut/),
    });
  });

  test("serves what Python has fetched file by file", async () => {
    writeAsPython([...neededNames, "README.md"]);
    const model = await openModel(id, { localFilesOnly: true });
    expect(model.files).toEqual([...neededNames, "README.md"].sort());
    expect((await readAll(model, "model.safetensors")).equals(weights)).toBe(true);
    await expect(model.open("merges.txt")).rejects.toMatchObject({ code: "not_found", message: /network on/ });
  });

  test.each([
    ["a link leads nowhere", neededNames, "config.json"],
    ["there are no weights", neededNames.filter((name) => name !== "model.safetensors"), "model.safetensors"],
    ["nothing tells of a modules.json", neededNames.filter((name) => name !== "modules.json"), "modules.json"],
  ])("refuses what Python has fetched partly: %s", async (_why, names, missing) => {
    writeAsPython(names, { dangling: "config.json" === missing ? missing : "" });
    await expect(openModel(id, { localFilesOnly: true })).rejects.toMatchObject({
      message: new RegExp(`: ${missing} missing`),
    });
  });

  test("a plain transformer is whole where Python noted that there is no modules.json", async () => {
    writeAsPython(["config.json", "model.safetensors", "tokenizer.json"]);
    mkdirSync(join(repository(), ".no_exist", commit), { recursive: true });
    writeFileSync(join(repository(), ".no_exist", commit, "modules.json"), "");
    expect((await openModel(id, { localFilesOnly: true })).files).toHaveLength(3);
  });

  test.each(["not a commit", "../../../etc", ""])("a ref that holds %j counts as none", async (text) => {
    writeAsPython(neededNames);
    writeFileSync(join(repository(), "refs", "main"), text);
    await expect(openModel(id, { localFilesOnly: true })).rejects.toMatchObject({ code: "network" });
  });

  test("a damaged list of files counts as none", async () => {
    await openModel(id);
    for (const text of ["{", "{}", '{"format_version":1,"files":{"../x":{"size":1,"blob_id":"0"}}}', "null"]) {
      writeFileSync(join(repository(), "trees", `${commit}.json`), text);
      await expectWhole(await openModel(id, { localFilesOnly: true }));
    }
  });
});

describe("a hub that cannot be reached", () => {
  test("the cache serves instead", async () => {
    await openModel(id);
    await hub.close();
    await expectWhole(await openModel(id));
  });

  test("the error names both where the cache cannot serve", async () => {
    await hub.close();
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/ECONNREFUSED.*not in the cache/),
    });
  });

  test.each([
    ["fails", (response: ServerResponse) => void response.writeHead(503).end()],
    ["is silent", () => {}],
    ["talks of something else", (response: ServerResponse) => void response.end("<html>")],
  ])("the cache serves where it %s", async (_what, answer) => {
    await openModel(id);
    vi.stubEnv("HF_HUB_ETAG_TIMEOUT", "0.3");
    hub.onApi = (_request, response) => {
      answer(response);
      return true;
    };
    await expectWhole(await openModel(id));
    await expect(openModel("org/other")).rejects.toMatchObject({ code: "network" });
  });
});

describe("a connection that is cut", () => {
  test("goes on where it stopped", async () => {
    const ranges: (string | undefined)[] = [];
    hub.onBody = (request, response, path, content) => {
      if (path !== "model.safetensors") {
        return false;
      }
      ranges.push(request.headers.range);
      if (ranges.length > 2) {
        return false;
      }
      const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": content.length - start,
        ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      response.write(content.subarray(start, start + 100_000), () => setTimeout(() => response.destroy(), 50));
      return true;
    };
    await expectWhole(await openModel(id));
    const starts = ranges.map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")?.[1]));
    expect(starts).toHaveLength(3);
    expect(starts[1]).toBeGreaterThan(0);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
  });

  test("starts again where the server takes no ranges", async () => {
    let requests = 0;
    hub.onBody = (request, response, path, content) => {
      if (path !== "model.safetensors") {
        return false;
      }
      delete request.headers.range;
      if (requests++ === 0) {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      } else {
        sendBody(request, response, content);
      }
      return true;
    };
    await expectWhole(await openModel(id));
    expect(requests).toBe(2);
  });

  test.each([
    ["cut", 300_000],
    ["too short with a fitting length", 1000],
  ])("gives up after a few times, and nothing counts as whole: always %s", async (_what, length) => {
    let requests = 0;
    hub.onBody = (_request, response, path, content) => {
      if (path !== "model.safetensors") {
        return false;
      }
      requests++;
      response.writeHead(200, { "content-length": length });
      response.write(content.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    await expect(openModel(id)).rejects.toMatchObject({ code: "network", message: /model\.safetensors/ });
    expect(requests).toBe(5);
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(repository(), "blobs", etagOf("model.safetensors", weights)))).toBe(false);
    expect(existsSync(join(repository(), "refs", "main"))).toBe(false);
    await expect(openModel(id, { localFilesOnly: true, revision: commit })).rejects.toMatchObject({
      message: expect.stringContaining("model.safetensors"),
    });
    hub.onBody = () => false;
    await expectWhole(await openModel(id));
  });

  test("a body that stands still is asked for again", async () => {
    vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.3");
    let requests = 0;
    hub.onBody = (_request, response, path, content) => {
      if (path !== "model.safetensors" || requests++ > 0) {
        return false;
      }
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
      return true;
    };
    await expectWhole(await openModel(id));
    expect(requests).toBeGreaterThan(1);
  });

  test.each([503, 429])("a file that answers %d is asked for again", async (status) => {
    let requests = 0;
    hub.onBody = (_request, response, path) => {
      const busy = path === "model.safetensors" && requests++ === 0;
      if (busy) {
        response.writeHead(status).end();
      }
      return busy;
    };
    await expectWhole(await openModel(id));
  });
});

describe("a body that is not the file", () => {
  test.each([
    ["of the right size", Buffer.alloc(weights.length, "other"), /hash/],
    ["that is longer", Buffer.alloc(weights.length + 1, "weights "), /more came/],
  ])("%s is refused and not kept", async (_what, body, message) => {
    hub.onBody = (request, response, path) => {
      if (path === "model.safetensors") {
        sendBody(request, response, body);
      }
      return path === "model.safetensors";
    };
    await expect(openModel(id)).rejects.toMatchObject({ code: "corrupt_file", message });
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(snapshot(), "model.safetensors"))).toBe(false);
  });

  test("neither is a small file with another git hash", async () => {
    hub.onBody = (request, response, path) => {
      if (path === "config.json") {
        sendBody(request, response, Buffer.from('{"hidden_size":9}'));
      }
      return path === "config.json";
    };
    await expect(openModel(id)).rejects.toMatchObject({ code: "corrupt_file" });
  });
});

describe("a hostile repository", () => {
  const file = { type: "file", size: 1, oid: "0".repeat(40) };
  test.each([
    { ...file, path: "../../../outside" },
    { ...file, path: "/etc/outside" },
    { ...file, path: "a\\..\\b" },
    { ...file, path: "config2.json", oid: "../../outside" },
    { ...file, path: "config2.json", size: -1 },
    { ...file, path: "config2.json", lfs: { oid: "x/../y", size: 1, pointerSize: 1 } },
    { ...file, path: 7 },
  ])("%j is refused before anything is written", async (entry) => {
    hub.extraTree = [entry];
    await expect(openModel(id)).rejects.toMatchObject({ code: "corrupt_file" });
    expect(existsSync(repository())).toBe(false);
  });

  test("a commit that is a path is refused", async () => {
    hub.onApi = (_request, response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ id, sha: "../../outside" }));
      return true;
    };
    await expect(openModel(id)).rejects.toMatchObject({ code: "network", message: /expected a commit/ });
  });

  test.each(["../x", "/x", "a\\b", ""])("the revision %j is refused", async (revision) => {
    await expect(openModel(id, { revision })).rejects.toMatchObject({ code: "invalid_argument" });
    expect(hub.requests).toEqual([]);
  });
});

describe("access", () => {
  const authorizations = async (options = {}) => {
    const seen: (string | undefined)[] = [];
    hub.onApi = (request) => {
      seen.push(request.headers.authorization);
      return false;
    };
    await openModel(id, options);
    return new Set(seen);
  };

  test("no token is sent where there is none", async () => {
    expect(await authorizations()).toEqual(new Set([undefined]));
  });

  test("the option comes before HF_TOKEN, and that before the token file", async () => {
    writeFileSync(join(home, "token"), "hf_file\n");
    expect(await authorizations()).toEqual(new Set(["Bearer hf_file"]));
    rmSync(join(home, "hub"), { recursive: true });
    vi.stubEnv("HF_TOKEN", "hf_variable");
    expect(await authorizations()).toEqual(new Set(["Bearer hf_variable"]));
    rmSync(join(home, "hub"), { recursive: true });
    expect(await authorizations({ token: "other-kind" })).toEqual(new Set(["Bearer other-kind"]));
    expect(hub.cdnAuthorizations).toEqual([undefined, undefined, undefined]);
  });

  test("HF_HUB_DISABLE_IMPLICIT_TOKEN keeps the token file unread", async () => {
    writeFileSync(join(home, "token"), "hf_file\n");
    vi.stubEnv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    expect(await authorizations()).toEqual(new Set([undefined]));
  });

  test("a token that cannot be sent is refused without being shown", async () => {
    const error = await openModel(id, { token: "hf_secret\nx" }).catch((cause: Error) => cause);
    expect(error).toMatchObject({ code: "invalid_argument", message: expect.not.stringContaining("secret") });
  });

  test.each([
    [401, "unauthorized", /HF_TOKEN/],
    [403, "unauthorized", /gated/],
    [404, "not_found", /Check the name/],
  ])("%d is %s", async (status, code, message) => {
    hub.onApi = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    await expect(openModel(id)).rejects.toMatchObject({ code, message });
    expect(hub.requests).toHaveLength(1);
  });

  test("a model and a revision that are not there", async () => {
    await expect(openModel("org/unknown")).rejects.toMatchObject({ code: "unauthorized", message: /does not exist/ });
    await expect(openModel(id, { revision: "v9" })).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/revision v9.*RevisionNotFound/),
    });
  });

  test("a gated file is refused at once", async () => {
    hub.onBody = (_request, response, path) => {
      response.writeHead(path === "modules.json" ? 403 : 200).end();
      return true;
    };
    await expect(openModel(id)).rejects.toMatchObject({ code: "unauthorized" });
    expect(hub.bodies()).toEqual(["modules.json"]);
  });
});

describe("settings", () => {
  test.each([
    ["HF_ENDPOINT", "ftp://x"],
    ["HF_ENDPOINT", "nonsense"],
    ["HF_HUB_ETAG_TIMEOUT", "soon"],
    ["HF_HUB_DOWNLOAD_TIMEOUT", "-1"],
  ])("%s=%s is refused", async (name, value) => {
    vi.stubEnv(name, value);
    await expect(openModel(id)).rejects.toMatchObject({ code: "invalid_argument", message: new RegExp(name) });
  });

  test("a cache folder that is a file is named", async () => {
    writeFileSync(join(home, "taken"), "");
    await expect(openModel(id, { cacheFolder: join(home, "taken") })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/cache folder .*taken cannot be used.*cacheFolder or in HF_HUB_CACHE/),
    });
  });

  test("a folder where a blob should be is named", async () => {
    mkdirSync(join(repository(), "blobs", etagOf("model.safetensors", weights)), { recursive: true });
    await expect(openModel(id)).rejects.toMatchObject({ code: "invalid_argument", message: /cannot be used/ });
    expect(leftovers()).toEqual([]);
  });

  test("a complete cache that cannot be written serves", async () => {
    await openModel(id);
    rmSync(join(repository(), "refs"), { recursive: true });
    rmSync(join(repository(), "trees"), { recursive: true });
    // Files where folders should be: permissions do not bind root.
    writeFileSync(join(repository(), "refs"), "");
    writeFileSync(join(repository(), "trees"), "");
    await expectWhole(await openModel(id));
  });
});

describe("a signal", () => {
  test("that was given before stops everything", async () => {
    await expect(openModel(id, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(hub.requests).toEqual([]);
  });

  test("stops a slow body and leaves nothing", async () => {
    const controller = new AbortController();
    hub.onBody = (_request, response, path, content) => {
      if (path !== "model.safetensors") {
        return false;
      }
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
      return true;
    };
    const onProgress = ({ file }: { file: string }) =>
      file === "model.safetensors" && controller.abort(new Error("enough"));
    await expect(openModel(id, { signal: controller.signal, onProgress })).rejects.toThrow("enough");
    expect(leftovers()).toEqual([]);
  });

  test("stops a silent hub, and the cache does not serve instead", async () => {
    await openModel(id);
    const controller = new AbortController();
    hub.onApi = () => {
      controller.abort(new Error("enough"));
      return true;
    };
    await expect(openModel(id, { signal: controller.signal })).rejects.toThrow("enough");
  });
});

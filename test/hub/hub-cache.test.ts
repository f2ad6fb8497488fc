import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openModel } from "../../src/hub/node.ts";
import { commit, etagOf, gitHash } from "./hub-server.ts";
import {
  expectWhole,
  home,
  hub,
  id,
  leftovers,
  needed,
  neededNames,
  readAll,
  repository,
  snapshot,
  useTinyHub,
  weights,
  writeAsPython,
} from "./tiny-hub.ts";

useTinyHub();

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
      onProgress: ({ file, done, total }) => {
        expect(total).toBe(needed[file]!.length);
        expect(done).toBeGreaterThan(last.get(file) ?? 0);
        last.set(file, done);
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
      message: expect.stringMatching(/not in the cache.*models--org--tiny.*network access/),
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
    await expect(model.open("merges.txt")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/network access/),
    });
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

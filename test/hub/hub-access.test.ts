import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { openModel } from "../../src/hub/node.ts";
import { etagOf } from "./hub-server.ts";
import { expectWhole, home, hub, id, leftovers, repository, useTinyHub, weights } from "./tiny-hub.ts";

useTinyHub();

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

  test("a list of several pages is read to its end, but not on another server", async () => {
    const answerFirstPage = (next: string) => {
      hub.onApi = (request, response) => {
        if (!request.url?.includes("/tree/") || request.url.includes("cursor")) return false;
        response.setHeader("link", `<${next.replace("URL", request.url)}>; rel="next"`);
        response.setHeader("content-type", "application/json").end("[]");
        return true;
      };
    };
    answerFirstPage("URL&cursor=2");
    expect((await openModel(id)).files).toContain("config.json");
    answerFirstPage("http://127.0.0.1:9/&cursor=2");
    rmSync(repository(), { recursive: true });
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/next page is at/),
    });
  });

  test("a commit that is a path is refused", async () => {
    hub.onApi = (_request, response) => {
      response.setHeader("content-type", "application/json").end(JSON.stringify({ id, sha: "../../outside" }));
      return true;
    };
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/it holds no commit but/),
    });
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

  test("a mirror's name and password go to it alone, and stand in no message", async () => {
    const withPassword = hub.url.replace("http://", "http://me:p%40ss@");
    vi.stubEnv("HF_ENDPOINT", `${withPassword}///`);
    const basic = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    expect(await authorizations({ token: "hf_token" })).toEqual(new Set([basic]));
    expect(hub.cdnAuthorizations.filter((value) => value !== undefined)).toEqual([]);
    for (const status of [401, 404, 500, undefined]) {
      rmSync(join(home, "hub"), { recursive: true, force: true });
      hub.onApi = (_request, response) => {
        if (status === undefined) response.destroy();
        else response.writeHead(status).end();
        return true;
      };
      const error = await openModel(id).catch((cause: Error) => cause);
      expect(error).toMatchObject({ name: "HpdError", message: expect.stringContaining(hub.url) });
      expect(inspect(error, { depth: 10 })).not.toMatch(/p%40ss|p@ss|bWU6/);
    }
    vi.stubEnv("HF_ENDPOINT", "ftp://me:secret@host");
    await expect(openModel(id)).rejects.toMatchObject({ message: expect.not.stringMatching(/secret/) });
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
    await expect(openModel("org/unknown")).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringMatching(/does not exist/),
    });
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

  test.each(["this", "another"])("a cache folder that is a file is named, by the Error of %s realm", async (realm) => {
    if (realm === "another") vi.stubGlobal("Error", runInNewContext("Error"));
    writeFileSync(join(home, "taken"), "");
    await expect(openModel(id, { cacheFolder: join(home, "taken") })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/cache folder .*taken can't be used.*`cacheFolder` or HF_HUB_CACHE/),
    });
  });

  test("a folder where a blob should be is named", async () => {
    mkdirSync(join(repository(), "blobs", etagOf("model.safetensors", weights)), { recursive: true });
    await expect(openModel(id)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/can't be used/),
    });
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

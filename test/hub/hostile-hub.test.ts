/** A hub that never ends, or ends too early: few requests, few bytes, little time, and the cache serves instead. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { basename, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { abandonedName, temporaryName } from "../../src/files/temporary-name.ts";
import { openModel } from "../../src/hub/node.ts";
import { commit, etagOf, gitHash, type HubServer } from "./hub-server.ts";
import { expectWhole, files, hub, id, leftovers, repository, snapshot, useTinyHub, weights } from "./tiny-hub.ts";

useTinyHub();

/** Answers the list of files, and nothing else. */
function onTree(answer: (response: ServerResponse, url: URL) => void): void {
  hub.onApi = (request, response) => {
    if (!request.url!.includes("/tree/")) return false;
    answer(response, new URL(request.url!, "http://hub"));
    return true;
  };
}

function onWeights(answer: (...args: Parameters<HubServer["onBody"]>) => boolean): void {
  hub.onBody = (request, response, path, content) =>
    path === "model.safetensors" && answer(request, response, path, content);
}

/** Writes as fast as it is taken, until the connection ends. */
function pourOut(response: ServerResponse, chunk: string, count: { bytes: number }): void {
  const write = (): void => {
    while (!response.destroyed && response.writable) {
      count.bytes += chunk.length;
      if (!response.write(chunk)) {
        response.once("drain", write);
        return;
      }
    }
  };
  write();
}

/** A body of so many bytes at a time. */
function trickle(response: ServerResponse, text: string, everyMs: number, bytes = 1): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(text.slice(at, at + bytes));
    at += bytes;
    if (at >= text.length) response.end();
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}

const oid = gitHash(Buffer.from("{}"));
const file = (path: string) => ({ type: "file", path, size: 2, oid });

describe("a list of files", () => {
  test.each([
    ["of ever more pages", (page: number) => `?recursive=true&cursor=${page + 1}`],
    ["whose next page is itself", () => "?recursive=true"],
  ])("%s ends", async (_what, next) => {
    onTree((response, url) => {
      const page = Number(url.searchParams.get("cursor") ?? 0);
      response
        .setHeader("link", `<${url.pathname}${next(page)}>; rel="next"`)
        .end(JSON.stringify([file("config.json")]));
    });
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/more than 200 pages/),
    });
    expect(hub.requests.length).toBeLessThan(210);
  });

  test("of JSON without end ends after a bounded number of bytes", async () => {
    const count = { bytes: 0 };
    onTree((response) => {
      response.write("[");
      pourOut(response, '{"type":"directory"},'.repeat(1000), count);
    });
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/more than 33554432 bytes/),
    });
    expect(count.bytes).toBeLessThan(100_000_000);
  });

  test.each([
    ["a list nested 100,000 deep", "[".repeat(100_000) + "]".repeat(100_000)],
    ["no JSON", "<html>"],
    ["half of it", '[{"path":'],
    ["an object", '{"error":"x"}'],
  ])("that is %s is no hub's", async (_what, text) => {
    onTree((response) => response.end(text));
    await expect(openModel(id)).rejects.toMatchObject({ code: "network", message: /not that of a Hugging Face hub/ });
  });

  test.each([
    [null],
    [7],
    ["a"],
    [[]],
    [{}],
    [{ ...file("a"), path: { toString: 1 } }],
    [{ ...file("a"), size: { toString: 1 }, oid: { toString: 1 } }],
    [{ ...file("a"), lfs: 7, oid: 7 }],
  ])("with the entry %j is refused", async (entry) => {
    hub.extraTree = [entry as object];
    await expect(openModel(id)).rejects.toMatchObject({ name: "HpdError", code: "corrupt_file" });
  });

  test("whose next page is at no address is read as it is", async () => {
    hub.onApi = (request, response) => {
      if (request.url!.includes("/tree/")) response.setHeader("link", `${"<".repeat(8000)}http://[>; rel="next"`);
      return false;
    };
    await expectWhole(await openModel(id));
  });

  test("of 49,999 configs is refused in a moment, and nothing of it is asked for", async () => {
    const deep = "1_1_a".repeat(100);
    onTree((response) => {
      const names = Array.from({ length: 49_999 }, (_, index) =>
        index % 2 === 0 ? `config${index}.json` : `${deep}-${index}/x`,
      );
      response.end(JSON.stringify(names.map(file)));
    });
    const start = performance.now();
    await expect(openModel(id)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/at most 1000 files of configs and weights, got 25000/),
    });
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(hub.bodies()).toEqual([]);
  });

  test.each(["tokenizer.json", "modules.json"])(
    "with a %s of a gigabyte is refused before it is asked for",
    async (path) => {
      onTree((response) => response.end(JSON.stringify([{ ...file(path), size: 2 ** 30 }])));
      await expect(openModel(id)).rejects.toMatchObject({
        code: "corrupt_file",
        message: /too many for a file of its kind/,
      });
      expect(hub.bodies()).toEqual([]);
    },
  );
});

describe("an answer that trickles past the time-out", () => {
  test.each(["revision", "tree"])("about the %s is a failure of the network, and the cache serves", async (what) => {
    vi.stubEnv("HF_HUB_ETAG_TIMEOUT", "0.3");
    const answer = (): void => {
      hub.onApi = (request, response) => {
        if (!request.url!.includes(`/${what}/`)) return false;
        trickle(response, JSON.stringify({ sha: commit, text: "x".repeat(1000) }), 50);
        return true;
      };
    };
    answer();
    const start = performance.now();
    await expect(openModel(id)).rejects.toMatchObject({ name: "HpdError", code: "network" });
    hub.onApi = () => false;
    await openModel(id);
    answer();
    await expectWhole(await openModel(id));
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test("page by page, each in time, ends all the same", async () => {
    vi.stubEnv("HF_HUB_ETAG_TIMEOUT", "0.2");
    onTree((response, url) => {
      response.setHeader("link", `<${url.pathname}?cursor=x>; rel="next"`);
      setTimeout(() => response.end("[]"), 100);
    });
    await expect(openModel(id)).rejects.toMatchObject({ code: "network" });
    expect(hub.requests.length).toBeLessThan(20);
  });

  test("is stopped by the caller's own signal with its reason", async () => {
    onTree((response) => trickle(response, "x".repeat(1000), 50));
    const signal = AbortSignal.timeout(200);
    const error = await openModel(id, { signal }).catch((cause: unknown) => cause);
    expect(error).toBe(signal.reason);
  });
});

describe("a body", () => {
  test("that is cut every 10 kB, with progress, comes whole", async () => {
    let requests = 0;
    onWeights((request, response, _path, content) => {
      requests++;
      const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(start > 0 ? 206 : 200, {
        "content-length": content.length - start,
        ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      response.write(content.subarray(start, start + 10_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    await expectWhole(await openModel(id));
    expect(requests).toBe(30);
  });

  test("that is cut after ever less ends", async () => {
    let requests = 0;
    onWeights((request, response, _path, content) => {
      requests++;
      const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(start > 0 ? 206 : 200, {
        ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
      });
      response.write(content.subarray(start, start + 100), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    await expect(openModel(id)).rejects.toMatchObject({ code: "network" });
    expect(requests).toBe(5);
  });

  test.each([
    ["a byte at a time", 1],
    ["100 bytes at a time, for ever from the start", 100],
  ])(
    "that comes %s ends",
    async (_what, bytes) => {
      vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "0.2");
      let requests = 0;
      onWeights((_request, response, _path, content) => {
        requests++;
        response.writeHead(200, { "content-length": content.length });
        trickle(response, content.toString(), bytes === 1 ? 20 : 150, bytes);
        return true;
      });
      await expect(openModel(id)).rejects.toMatchObject({
        code: "network",
        message: /only \d+ bytes in 0.2 seconds/,
      });
      expect(requests).toBe(5);
      expect(leftovers()).toEqual([]);
    },
    30_000,
  );

  test("that is zipped and unzips to more than the file has is cut off", async () => {
    const count = { bytes: 0 };
    onWeights((_request, response) => {
      response.writeHead(200);
      pourOut(response, "weights ".repeat(10_000), count);
      return true;
    });
    await expect(openModel(id)).rejects.toMatchObject({ code: "corrupt_file", message: /, got more/ });
    expect(count.bytes).toBeLessThan(20_000_000);
  });
});

describe("what another process left behind", () => {
  const blobs = () => join(repository(), "blobs");
  const target = () => join(blobs(), etagOf("model.safetensors", weights));

  /** As a killed process leaves it. */
  function leave(content: Buffer, path = abandonedName(target(), "incomplete")): string {
    mkdirSync(blobs(), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  function rangesOfWeights(): (string | undefined)[] {
    const ranges: (string | undefined)[] = [];
    onWeights((request) => {
      ranges.push(request.headers.range);
      return false;
    });
    return ranges;
  }

  test("is gone on with, the largest of it, and nothing else of it stays", async () => {
    leave(weights.subarray(0, 50_000));
    leave(weights.subarray(0, 200_000));
    leave(Buffer.from("x"), abandonedName(join(blobs(), "0".repeat(40)), "incomplete"));
    const ranges = rangesOfWeights();
    await expectWhole(await openModel(id));
    expect(ranges).toEqual(["bytes=200000-"]);
    expect(leftovers()).toEqual([]);
  });

  test("beside links, refs and lists is removed, too", async () => {
    await openModel(id);
    const halves = ["config.json", "1_Pooling/config.json"].map((path) => join(snapshot(), path));
    halves.push(join(repository(), "refs", "main"), join(repository(), "trees", `${commit}.json`));
    for (const path of halves) writeFileSync(abandonedName(path, "partial"), "");
    expect(leftovers()).toHaveLength(4);
    await expectWhole(await openModel(id));
    expect(leftovers()).toEqual([]);
  });

  test("is whole already", async () => {
    leave(weights);
    const ranges = rangesOfWeights();
    await expectWhole(await openModel(id));
    expect(ranges).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    ["damaged", Buffer.alloc(200_000, "other")],
    ["damaged and whole", Buffer.alloc(300_000, "other")],
    ["too long", Buffer.alloc(300_001, "weights ")],
    ["empty", Buffer.alloc(0)],
  ])("is of no use where it is %s", async (_what, content) => {
    leave(content);
    await expectWhole(await openModel(id));
    expect(leftovers()).toEqual([]);
  });

  test("is of no use where the server takes no ranges", async () => {
    leave(weights.subarray(0, 200_000));
    onWeights((request) => {
      delete request.headers.range;
      return false;
    });
    await expectWhole(await openModel(id));
    expect(leftovers()).toEqual([]);
  });

  test("stays where that process is still at it", async () => {
    const path = leave(weights.subarray(0, 1000), temporaryName(target(), "incomplete"));
    await expectWhole(await openModel(id));
    expect(readdirSync(blobs())).toContain(basename(path));
  });

  test("by many that load at once, each has the whole model", async () => {
    leave(weights.subarray(0, 200_000));
    for (const model of await Promise.all(Array.from({ length: 4 }, () => openModel(id)))) await expectWhole(model);
    expect(leftovers()).toEqual([]);
  });
});

test("what came of a large file stays when the connection fails or the caller stops it, and is gone on with", async () => {
  const large = Buffer.alloc(3_000_000, "large ");
  files["model.safetensors"] = large;
  try {
    const starts: number[] = [];
    onWeights((request, response, _path, content) => {
      starts.push(Number(/\d+/.exec(request.headers.range ?? "0")?.[0]));
      if (starts.length > 1) return false;
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 2_000_000));
      return true;
    });
    const controller = new AbortController();
    const onProgress = ({ file, done }: { file: string; done: number }): void => {
      if (file === "model.safetensors" && done > 1_500_000) controller.abort(new Error("enough"));
    };
    await expect(openModel(id, { onProgress, signal: controller.signal })).rejects.toThrow("enough");
    expect(leftovers()).toHaveLength(1);
    await openModel(id);
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThan(1_500_000);
    expect(leftovers()).toEqual([]);
  } finally {
    files["model.safetensors"] = weights;
  }
});

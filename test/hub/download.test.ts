import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openModel } from "../../src/hub/node.ts";
import { commit, etagOf, sendBody } from "./hub-server.ts";
import { expectWhole, hub, id, leftovers, repository, snapshot, useTinyHub, weights } from "./tiny-hub.ts";

useTinyHub();

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
    await expect(openModel(id)).rejects.toMatchObject({
      code: "network",
      message: expect.stringMatching(/model\.safetensors/),
    });
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
    ["that is longer", Buffer.alloc(weights.length + 1, "weights "), /, got more/],
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

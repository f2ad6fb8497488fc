/**
 * The export to Qdrant against a recorded contract, its OpenAPI document, not against Qdrant: what is sent, what is sent
 * again, and what is told.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { QdrantClient } from "../../../src/passage-index/export/qdrant-client.ts";
import { uuidOf } from "../../../src/passage-index/export/uuid.ts";
import { exportIndex } from "../../../src/passage-index/index.ts";
import { lanceLocation } from "../../../src/passage-index/lance/location.ts";
import { description, partOf } from "../store-data.ts";
import { type Answer, ContractServer } from "./qdrant-contract.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-qdrant-"));
afterAll(() => rm(folder, { recursive: true }));

vi.setConfig({ testTimeout: 120_000 });

const texts = Array.from({ length: 1300 }, (_, index) => `passage ${index} \u{1f600}`);
const index = join(folder, "notes.index");
{
  await using store = await lanceLocation(index).create(description);
  await store.update({
    parts: [partOf("a.md", 0, texts.slice(0, 700)), partOf("b.md", 0, texts.slice(700))],
    removed: [],
  });
}

let server: ContractServer;
let url: string;
beforeEach(async () => {
  server = new ContractServer();
  url = await server.start();
});
afterEach(async () => {
  await server.stop();
  expect(server.violations).toEqual([]);
});

const run = (more: object = {}, options: object = {}) =>
  exportIndex(index, { qdrant: { url, collection: "my notes", ...more }, ...options });

test("a collection of the index's vectors, and a point of every passage", async () => {
  const progress: number[] = [];
  const report = await run({}, { onProgress: ({ done }: { done: number }) => progress.push(done) });
  expect(report).toEqual({ passages: 1300, dimension: 8, similarity: "cosine" });
  expect(progress[0]).toBe(0);
  expect(progress.at(-1)).toBe(1300);
  const { vectors, points } = server.collections.get("my notes")!;
  expect(vectors).toEqual({ size: 8, distance: "Cosine" });
  expect(points.size).toBe(1300);
  await using store = (await lanceLocation(index).open("read"))!;
  const stored = await store.embeddings(["b.md:0:3"]);
  const point = points.get(uuidOf("b.md:0:3"))!;
  expect(Float32Array.from(point.vector)).toEqual(stored.get("b.md:0:3"));
  const text = texts[703]!;
  expect(point.payload).toEqual({
    ...{ id: "b.md:0:3", file: "b.md", first_line: 1, last_line: 2, text },
    metadata: { length: text.length },
  });
  expect(server.requests[1]).toBe("PUT /collections/my%20notes");
  expect(server.requests[2]).toBe("PUT /collections/my%20notes/points?wait=true");
});

test("again, every point is the same one", async () => {
  await run();
  const before = new Map(server.collections.get("my notes")!.points);
  await run();
  expect(server.collections.get("my notes")!.points).toEqual(before);
  expect(server.requests.filter((request) => request === "PUT /collections/my%20notes")).toHaveLength(1);
});

test("a server that is busy, fails, breaks off or answers no JSON is asked again", async () => {
  const answers = new Map<number, Answer>([
    [1, { status: 503, body: "starting" }],
    [4, { status: 429, headers: { "retry-after": "0.1" }, body: "{}" }],
    [5, "break"],
    [6, { status: 200, body: "<html>" }],
    [8, { status: 500, body: JSON.stringify({ status: { error: "Service internal error" } }) }],
  ]);
  server.misbehave = (request) => answers.get(request);
  await run();
  expect(server.collections.get("my notes")!.points.size).toBe(1300);
});

test("stopped, it stops at once; run again, it is whole", async () => {
  const stop = new AbortController();
  let batches = 0;
  server.onPoints = () => ++batches === 2 && stop.abort(new Error("enough"));
  await expect(run({}, { signal: stop.signal })).rejects.toThrow("enough");
  expect(server.collections.get("my notes")!.points.size).toBeLessThan(1300);
  await run();
  expect(server.collections.get("my notes")!.points.size).toBe(1300);
});

test("its key is sent, from the environment too, and never told", async () => {
  server.apiKey = "secret-key";
  await expect(run()).rejects.toMatchObject({
    code: "unauthorized",
    message: expect.stringContaining("set QDRANT_API_KEY"),
  });
  const wrong = await run({ apiKey: "wrong-key" }).catch((error) => error);
  expect(wrong).toMatchObject({ code: "unauthorized" });
  expect(String(wrong.message)).not.toContain("wrong-key");
  vi.stubEnv("QDRANT_API_KEY", "secret-key");
  vi.stubEnv("QDRANT_URL", url);
  await exportIndex(index, { qdrant: { collection: "by-environment" } });
  vi.unstubAllEnvs();
  expect(server.collections.get("by-environment")!.points.size).toBe(1300);
});

describe("refused", () => {
  test("a collection of other vectors", async () => {
    const client = new QdrantClient(url, "my notes", {});
    await client.create({ size: 9, distance: "Cosine" });
    await expect(run()).rejects.toThrow(/has vectors of 9 numbers by Cosine; those of the index have 8 by Cosine/);
    server.collections.get("my notes")!.vectors = { title: { size: 8, distance: "Cosine" } };
    await expect(run()).rejects.toThrow(/has named vectors/);
  });

  test("URLs that are none or have a key in them, names that can't be, and no index", async () => {
    for (const wrong of ["localhost:6333", "https://me:secret@host", `${url}?api_key=secret`, "ftp://host"]) {
      const error = await run({ url: wrong }).catch((reason) => reason);
      expect(error).toMatchObject({ code: "invalid_argument" });
      expect(String(error.message)).not.toContain("secret");
    }
    await expect(run({ collection: "a/b" })).rejects.toThrow(/can't be the name of a collection/);
    const none = exportIndex(join(folder, "none"), { qdrant: { url, collection: "a" } });
    await expect(none).rejects.toMatchObject({ code: "not_found" });
    await expect(exportIndex(index, {})).rejects.toThrow(/give parquet, the path of a file, or qdrant/);
    server.misbehave = () => ({ status: 400, body: JSON.stringify({ status: { error: "Wrong input: quota" } }) });
    await expect(run()).rejects.toThrow(/Qdrant answers 400 \(Wrong input: quota\)/);
  });
});

test("identifiers are those of RFC 9562 for the name", () => {
  const uuid = uuidOf("a.md:0:1");
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidOf("a.md:0:2")).not.toBe(uuid);
  // Made by Python's uuid.uuid5 of the same namespace.
  expect(uuid).toBe("3adfeec6-42dd-5bf6-9f6f-3e7a351cf2bd");
});

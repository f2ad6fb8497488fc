/** `/search` over indexes, and the page that asks it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildIndex, PassageIndex } from "../../src/passage-index/index.ts";
import { createServer, type LogEntry, type ServerOptions } from "../../src/server/index.ts";
import { fixture } from "../encode/model-folder.ts";
import { writeFiles } from "../passage-index/notes.ts";
import { ask, loadTinyModels, type TinyModels } from "./served.ts";

let folder: string;
let models: TinyModels;
let notes: PassageIndex;
let rows: PassageIndex;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hpd-served-"));
  models = await loadTinyModels();
  await writeFiles(folder, {
    "notes/fruit.md": "# Fruit\n\nApples are red.\n",
    "notes/copy.md": "# Fruit\n\nApples are red.\n",
    "notes/rows.jsonl": '{"text": "Pears are green.", "year": 2021}\n{"text": "Plums are blue.", "year": 2022}\n',
  });
  await buildIndex([join(folder, "notes")], { out: join(folder, "a.index"), model: fixture("bert") });
  notes = await PassageIndex.open(join(folder, "a.index"), { model: models.embedder });
  rows = await PassageIndex.create(join(folder, "b.index"), { model: models.embedder });
  await rows.add([{ id: "42", text: "Figs are purple.", metadata: { tags: ["a", "b"] } }]);
});
afterAll(async () => {
  await Promise.all([notes.dispose(), rows.dispose()]);
  await models[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function served(options: ServerOptions = {}) {
  const { embedder, reranker, classifier } = models;
  const named = [
    { name: "tiny", model: embedder },
    { name: "rank", model: reranker },
    { name: "judge", model: classifier },
  ];
  const indexes = [
    { name: "notes", index: notes },
    { name: "rows", index: rows },
  ];
  return createServer(named, { indexes, ...options });
}

describe("POST /search", () => {
  test.each(["hybrid", "vector", "text"] as const)("gives what the index finds: %s", async (mode) => {
    const { status, body } = await ask(served(), "/search", { query: "apples", mode });
    expect(status).toBe(200);
    expect(body.index).toBe("notes");
    const hits = await notes.search("apples", { mode });
    expect(body.hits.length).toBe(hits.length);
    for (const [at, { id, file, firstLine, lastLine, text, metadata, score, copies }] of hits.entries()) {
      expect(body.hits[at]).toEqual({
        ...{ id, file, first_line: firstLine, last_line: lastLine, text, metadata, score: expect.closeTo(score, 5) },
        copies: copies.map((copy) => ({
          ...{ id: copy.id, file: copy.file, first_line: copy.firstLine, last_line: copy.lastLine },
          metadata: copy.metadata,
        })),
      });
    }
    // Nothing of this machine's folders.
    expect(JSON.stringify(body)).not.toContain(folder);
  });

  test("of another index, filtered, with fewer hits, by a vector, with documents of a program", async () => {
    const server = served();
    const filtered = await ask(server, "/search", { query: "fruit", filter: { year: { gte: 2022 } } });
    expect(filtered.body.hits.map(({ text }: { text: string }) => text)).toEqual(["Plums are blue."]);
    expect((await ask(server, "/search", { query: "fruit", top_k: 1 })).body.hits.length).toBe(1);
    const other = await ask(server, "/search", { query: "figs", index: "rows", filter: { tags: "b" } });
    expect(other.body).toMatchObject({ index: "rows", hits: [{ document: "42", file: "document://42" }] });
    const vector = [...(await models.embedder.encodeQuery("Pears are green."))];
    const [near] = await notes.searchVector(vector, { topK: 1 });
    const byVector = await ask(server, "/search", { vector, top_k: 1 });
    expect(byVector.body.hits).toMatchObject([{ text: near!.text, score: expect.closeTo(near!.score, 5) }]);
    for (const query of ["", " \n"]) {
      const refused = await ask(server, "/search", { query });
      expect(refused).toMatchObject({ status: 400, body: { error: { message: "`query` cannot be empty" } } });
    }
  });

  test("reranked by the first cross-encoder or by one that is named", async () => {
    const server = served();
    const query = "Which fruit is blue?";
    const texts = (await notes.search(query)).map(({ text }) => text);
    const expected = await models.reranker.rank(query, texts, { activationFn: "sigmoid" });
    for (const rerank of [true, "rank"]) {
      const { body } = await ask(server, "/search", { query, rerank, rerank_top: 20 });
      expect(body.hits.map(({ text }: { text: string }) => text)).toEqual(
        expected.map(({ corpusId }) => texts[corpusId]),
      );
      for (const [at, hit] of body.hits.entries()) {
        expect(hit.score).toBeCloseTo(expected[at]!.score, 5);
        expect(hit.search_score).toBeGreaterThan(0);
      }
    }
    expect((await ask(server, "/search", { query, rerank: false })).body.hits[0]).not.toHaveProperty("search_score");
  });

  test.each([
    [{}, 400, "invalid", /^query is missing$/],
    [{ query: 3 }, 400, "invalid", /query should be a string/],
    [{ query: "a".repeat(10_001) }, 400, "too_long", /at most 10000 characters, got 10001/],
    [{ query: "a", index: "other" }, 404, "unknown_index", /"other" does not exist; there are: notes, rows/],
    [{ query: "a", topK: 3 }, 400, "invalid", /no field "topK" \(did you mean top_k\?\)/],
    [{ query: "a", top_k: 0 }, 400, "invalid", /top_k should be a positive integer/],
    [{ query: "a", top_k: 1001 }, 400, "too_many", /top_k should be at most 1000/],
    [{ query: "a", mode: "magic" }, 400, "invalid", /one of hybrid, vector, text/],
    [{ query: "a", filter: { yaer: 1 } }, 400, "invalid", /no passage has a field "yaer" \(did you mean year\?\)/],
    [{ query: "a", filter: { year: { like: 1 } } }, 400, "invalid", /one of in, gt, gte, lt, lte/],
    [{ query: "a", filter: "year" }, 400, "invalid", /filter should be an object/],
    [{ query: "a", vector: ["b"] }, 400, "invalid", /vector should be an array of numbers/],
    [{ vector: [1, 2] }, 400, "invalid", /notes: a query should have 16 dimensions/],
    [{ query: "a", rerank: "tiny" }, 400, "wrong_model", /not a cross-encoder/],
    [{ query: "a", rerank: "judge" }, 400, "wrong_model", /not a re-ranker/],
    [{ query: "a", rerank: "nobody" }, 404, "unknown_model", /there are: rank, judge/],
    [{ query: "a", rerank_top: 5 }, 400, "invalid", /only for searches with rerank/],
    [{ query: "a", rerank: true, rerank_top: 5 }, 400, "invalid", /at least topK, 10/],
    ["[1]", 400, "malformed", /JSON object/],
  ] as const)("refuses %j", async (body, status, type, message) => {
    const answer = await ask(served(), "/search", body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toMatchObject({ type, message: expect.stringMatching(message) });
    expect(JSON.stringify(answer.body)).not.toContain(folder);
  });

  test("within the limits of all requests: keys, concurrency, time; counted and logged without the query", async () => {
    const logged: LogEntry[] = [];
    const server = served({ apiKeys: ["secret"], maxConcurrentRequests: 2, onLog: (entry) => logged.push(entry) });
    const headers = { authorization: "Bearer secret" };
    expect((await ask(server, "/search", { query: "a" })).status).toBe(401);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ask(server, "/search", { query: "hidden words" }, { headers })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429]);
    expect(logged).toContainEqual(
      expect.objectContaining({ route: "/search", index: "notes", status: 200, inputs: 1 }),
    );
    expect(JSON.stringify(logged)).not.toContain("hidden");
    const metrics = await ask(server, "/metrics", undefined, { headers });
    expect(metrics.body).toContain("hpd_search_duration_count 2");
    expect(metrics.body).toContain('te_request_count{method="/search"} 6');

    const late = await ask(served({ requestTimeout: 1 }), "/search", { query: "apples ".repeat(1000) });
    expect(late).toMatchObject({ status: 504, body: { error: { type: "timeout" } } });
    await server.dispose();
    expect((await ask(server, "/search", { query: "a" }, { headers })).status).toBe(503);
  });

  test("an index that is gone is the server's fault, and is told", async () => {
    const logged: LogEntry[] = [];
    const broken = await PassageIndex.create(join(folder, "broken.index"), { model: models.embedder });
    await broken.add([{ id: "1", text: "A." }]);
    const server = createServer([{ name: "tiny", model: models.embedder }], {
      indexes: [{ name: "broken", index: broken }],
      onLog: (entry) => logged.push(entry),
    });
    expect((await ask(server, "/health")).status).toBe(200);
    await rm(join(folder, "broken.index"), { recursive: true });
    const answer = await ask(server, "/search", { query: "a" });
    expect(answer.status).toBe(500);
    expect(answer.body.error.message).toBe(
      "the index was deleted, or another one put in its place, since the server opened it: start the server again",
    );
    expect(logged.at(-1)).toMatchObject({ level: "error", error: expect.stringMatching(/^HpdError /) });
    expect((await ask(server, "/health")).status).toBe(503);
    await broken.dispose();
  });
});

test("GET /search says what there is to search", async () => {
  const { body } = await ask(served(), "/search");
  expect(body).toEqual({
    indexes: [
      {
        ...{ name: "notes", passages: 4, dimension: 16, similarity: "cosine" },
        fields: [
          { name: "heading", types: ["string"] },
          { name: "year", types: ["number"] },
        ],
      },
      expect.objectContaining({ name: "rows", passages: 1 }),
    ],
    rerankers: ["rank"],
  });
});

test("the page is there with an index, needs no key, and may ask its own server alone", async () => {
  const page = await ask(served({ apiKeys: ["secret"] }), "/");
  expect(page.status).toBe(200);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const policy = page.headers.get("content-security-policy")!;
  expect(policy).toMatch(
    /^default-src 'none'; .*script-src 'sha256-[^']+'; connect-src 'self'; .*frame-ancestors 'none'$/,
  );
  expect(page.body).toContain('role="search"');
  expect(page.body).not.toMatch(/https?:\/\/|src=/);
  expect(page.body.length).toBeLessThan(20_000);
  expect((await ask(served({ apiKeys: ["secret"] }), "/search")).status).toBe(401);
  const without = createServer([{ name: "tiny", model: models.embedder }]);
  const { headers, body } = await ask(without, "/");
  expect([headers.get("content-type"), body]).toEqual(["text/plain;charset=UTF-8", "hpd is running\n"]);
  expect((await ask(without, "/search", { query: "a" })).body.error).toMatchObject({
    type: "unknown_index",
    message: "this server has no index",
  });
});

test("indexes are checked when the server is made", () => {
  const named = [{ name: "tiny", model: models.embedder }];
  const make = (indexes: unknown) => () => createServer(named, { indexes } as never);
  expect(make("notes")).toThrow(/indexes should be an array/);
  expect(make([{ name: "", index: notes }])).toThrow(/indexes\[0\]\.name/);
  expect(make([{ name: "a", index: "a.index" }])).toThrow(/indexes\[0\]\.index should be an open PassageIndex/);
  expect(
    make([
      { name: "a", index: notes },
      { name: "a", index: rows },
    ]),
  ).toThrow(/two indexes are called "a"/);
});

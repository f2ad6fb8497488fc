/** Ollama's routes, and its form of errors. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddingServer } from "../../src/server/index.ts";
import { ask, expectClose, loadTinyModels, serverOf, type TinyModels, unit } from "./served.ts";

let models: TinyModels;
let server: EmbeddingServer;
beforeAll(async () => {
  models = await loadTinyModels();
  server = serverOf(models, { maxInputs: 8 });
});
afterAll(() => models[Symbol.asyncDispose]());

test("POST /api/embed gives embeddings of length 1, by a name with a tag or without", async () => {
  const input = ["a cat", "a tree"];
  const { status, body } = await ask(server, "/api/embed", {
    model: "tiny:latest",
    input,
    keep_alive: "5m",
    options: {},
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ model: "tiny:latest", load_duration: 0, total_duration: expect.any(Number) });
  const { embedder } = models;
  expect(body.prompt_eval_count).toBe(embedder.countTokens("a cat") + embedder.countTokens("a tree"));
  expectClose(body.embeddings[1], unit(await embedder.encode("a tree")));
  const cut = await ask(server, "/api/embed", { model: "tiny", input: "a tree", dimensions: 4 });
  expectClose(cut.body.embeddings[0], unit((await embedder.encode("a tree")).slice(0, 4)));
});

test.each([[""], [[]], [undefined]])("of nothing (%j) it gives no embeddings", async (input) => {
  const { status, body } = await ask(server, "/api/embed", { model: "tiny", input });
  expect([status, body.embeddings]).toEqual([200, []]);
});

test("POST /api/embeddings, the older one, gives the embedding as the model makes it", async () => {
  const { body } = await ask(server, "/api/embeddings", { model: "tiny", prompt: "a cat" });
  expectClose(body.embedding, await models.embedder.encode("a cat"));
  expect((await ask(server, "/api/embeddings", { model: "tiny", prompt: "" })).body).toEqual({ embedding: [] });
});

test("what clients look at first", async () => {
  const { body } = await ask(server, "/api/tags");
  expect(body.models.map(({ name }: { name: string }) => name)).toContain("tiny:latest");
  expect(body.models[0]).toMatchObject({ size: expect.any(Number), details: { family: "BertModel" } });
  expect((await ask(server, "/api/version")).body.version).toMatch(/^\d+\.\d+\.\d+$/);
  const shown = await ask(server, "/api/show", { model: "tiny" });
  expect(shown.body.model_info["BertModel.context_length"]).toBe(models.embedder.maxSeqLength);
  expect((await ask(server, "/")).status).toBe(200);
});

const long = "the cat sat on a mat ".repeat(200);

test.each([
  ["/api/embed", { model: "none", input: "a" }, 404, /model "none" not found/],
  ["/api/embed", { input: "a" }, 400, /model is missing/],
  ["/api/embed", { model: "tiny", input: 3 }, 400, /input should be an array of strings, got 3/],
  ["/api/embed", { model: "tiny", input: ["a", null] }, 400, /input\[1\] should be a string, got null/],
  ["/api/embed", { model: "tiny", input: long, truncate: false }, 400, /must have less than/],
  ["/api/embed", { model: "tiny", input: "a", dimensions: 40 }, 400, /dimensions should be at most 16.*got 40/],
  ["/api/embed", { model: "tiny", input: Array(9).fill("a") }, 400, /batch size 9/],
  ["/api/embed", { model: "rank", input: "a" }, 400, /not an embedding model/],
  ["/api/embed", "{", 400, /JSON/],
  ["/api/show", { model: "none" }, 404, /not found/],
  ["/api/generate", { model: "tiny" }, 404, /no such route/],
])("%s %j: an error in the form of Ollama", async (path, body, status, message) => {
  const answer = await ask(server, path, body);
  expect(answer.status).toBe(status);
  expect(Object.keys(answer.body)).toEqual(["error"]);
  expect(answer.body.error).toMatch(message);
});

/** OpenAI's routes, and its form of errors. */
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer, type EmbeddingServer } from "../../src/server/index.ts";
import { ask, decoded, expectClose, loadTinyModels, serverOf, type TinyModels, unit } from "./served.ts";

let models: TinyModels;
let server: EmbeddingServer;
beforeAll(async () => {
  models = await loadTinyModels();
  server = serverOf(models, { maxInputs: 8 });
});
afterAll(() => models[Symbol.asyncDispose]());

const embeddings = (body: unknown, path = "/v1/embeddings") => ask(server, path, body);

describe("POST /v1/embeddings", () => {
  test("a text gives its embedding, of length 1, with the tokens that it took", async () => {
    const { status, body, headers } = await embeddings({ model: "tiny", input: "a cat", user: "someone" });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const tokens = models.embedder.countTokens("a cat");
    expect(body).toEqual({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: expect.any(Array) }],
      model: "tiny",
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
    expectClose(body.data[0].embedding, unit(await models.embedder.encode("a cat")));
  });

  test("texts give embeddings in their order, in base64 the same as floats", async () => {
    const input = ["a tree", "", "a cat sat on a mat", "\u0000", "\ud800 alone"];
    const floats = await embeddings({ model: "tiny", input, encoding_format: "float" });
    const base64 = await embeddings({ model: "tiny", input, encoding_format: "base64" });
    const expected = await models.embedder.encode(input, { normalizeEmbeddings: true });
    expect(floats.body.data.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3, 4]);
    for (const [index, row] of [...expected].entries()) {
      expectClose(floats.body.data[index].embedding, row);
      expect(decoded(base64.body.data[index].embedding)).toEqual(floats.body.data[index].embedding);
    }
  });

  test("ids of its own tokenizer give the embedding of their text", async () => {
    const [cat, tree] = ["a cat", "a tree"].map((text) => [...models.embedder.tokenize(text).ids]);
    const texts = await embeddings({ model: "tiny", input: ["a cat", "a tree"] });
    const ids = await embeddings({ model: "tiny", input: [cat, tree] });
    expect(ids.body.data).toEqual(texts.body.data);
    const one = await embeddings({ model: "tiny", input: cat });
    expectClose(one.body.data[0].embedding, texts.body.data[0].embedding);
  });

  test("dimensions keep the first ones, of length 1 again", async () => {
    const { body } = await embeddings({ model: "tiny", input: "a cat", dimensions: 5 });
    const whole = await models.embedder.encode("a cat");
    expectClose(body.data[0].embedding, unit(whole.slice(0, 5)));
  });

  test("a name that a client asks for is one that the model was given", async () => {
    const { body } = await embeddings({ model: "text-embedding-3-small", input: "a cat" });
    expect(body.model).toBe("text-embedding-3-small");
    const unnamed = await embeddings({ input: "a cat" }, "/embeddings");
    expect(unnamed.body.data).toEqual(body.data);
    expect(unnamed.body.model).toBe("tiny");
  });

  test("normalize: false leaves the length, fields that are not known are passed over", async () => {
    const body = { model: "tiny", input: "a cat", normalize: false, surprise: [1, { a: null }], dimensions: null };
    const answer = await embeddings(body);
    expectClose(answer.body.data[0].embedding, await models.embedder.encode("a cat"));
  });

  test("a large answer comes in pieces, and is whole", async () => {
    const many = serverOf(models);
    const input = Array.from({ length: 1500 }, (_, index) => `a cat ${index % 7 === 0 ? "sat on a mat" : index}`);
    const { body, headers } = await ask(many, "/v1/embeddings", { model: "tiny", input });
    expect(headers.get("content-length")).toBeNull();
    expect(body.data.length).toBe(1500);
    const expected = await models.embedder.encode(input, { normalizeEmbeddings: true });
    for (const index of [0, 1, 749, 1499]) expectClose(body.data[index].embedding, expected.row(index));
  });
});

test("mounted in an app of another's", async () => {
  const app = new Hono().get("/", (context) => context.text("mine")).mount("/models", server.fetch);
  const body = JSON.stringify({ model: "tiny", input: "a cat" });
  const response = await app.request("/models/v1/embeddings", { method: "POST", body });
  expect(response.status).toBe(200);
  expect(((await response.json()) as { data: unknown[] }).data.length).toBe(1);
  expect(await (await app.request("/")).text()).toBe("mine");
});

test("GET /v1/models/NAME takes names with a slash, escaped or not", async () => {
  const id = "sentence-transformers/all MiniLM";
  const served = createServer([{ name: id, model: models.embedder }]);
  for (const name of ["sentence-transformers/all%20MiniLM", "sentence-transformers%2Fall%20MiniLM"]) {
    expect((await ask(served, `/v1/models/${name}`)).body).toMatchObject({ id });
  }
  expect((await ask(served, "/v1/models/")).body).toMatchObject({ object: "list" });
});

test("GET /v1/models", async () => {
  const { body } = await ask(server, "/v1/models");
  expect(body.object).toBe("list");
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual(["tiny", "text-embedding-3-small", "rank", "judge"]);
  expect((await ask(server, "/v1/models/tiny")).body).toMatchObject({ id: "tiny", object: "model", owned_by: "hpd" });
  expect(await ask(server, "/v1/models/none")).toMatchObject({
    status: 404,
    body: { error: { code: "model_not_found" } },
  });
});

const long = "the cat sat on a mat ".repeat(200);
const nested = `{"input":${"[".repeat(5000)}${"]".repeat(5000)}}`;

test.each([
  ["no input", { model: "tiny" }, 400, "input", /input is missing/],
  ["null", { model: "tiny", input: null }, 400, "input", /input is missing/],
  ["no texts", { model: "tiny", input: [] }, 400, "input", /`input` cannot be empty/],
  ["no ids", { model: "tiny", input: [[]] }, 400, "input[0]", /cannot be empty/],
  ["a number", { model: "tiny", input: 7 }, 400, "input", /input should be a string.*got 7/],
  ["a list of something else", { model: "tiny", input: ["a", 7] }, 400, "input[1]", /input\[1\] should be.*got 7/],
  ["an object in it", { model: "tiny", input: [{ text: "a" }] }, 400, "input[0]", /input\[0\] should be/],
  ["an id that is none", { model: "tiny", input: [1, 2.5] }, 400, "input[1]", /a token id, got 2.5/],
  [
    "ids of another tokenizer",
    { model: "tiny", input: [[15339, 1917]] },
    400,
    "input",
    /token ids of this model's tokenizer, .*got ids of another one.*check_embedding_ctx_length=False/,
  ],
  ["another model", { model: "gpt", input: "a" }, 404, "model", /The model "gpt" does not exist; there are: tiny/],
  ["a path", { model: "../../etc/passwd", input: "a" }, 404, "model", /does not exist/],
  ["__proto__", { model: "__proto__", input: "a" }, 404, "model", /does not exist/],
  ["a model of another kind", { model: "rank", input: "a" }, 400, "model", /model is not an embedding model/],
  ["a model that is a number", { model: 3, input: "a" }, 400, "model", /model should be a string, got 3/],
  ["no dimensions", { model: "tiny", input: "a", dimensions: 0 }, 400, "dimensions", /a positive integer, got 0/],
  [
    "too many dimensions",
    { model: "tiny", input: "a", dimensions: 17 },
    400,
    "dimensions",
    /dimensions should be at most 16.*got 17/,
  ],
  ["dimensions in text", { model: "tiny", input: "a", dimensions: "4" }, 400, "dimensions", /got "4"/],
  [
    "another format",
    { model: "tiny", input: "a", encoding_format: "int8" },
    400,
    "encoding_format",
    /one of float, base64/,
  ],
  [
    "too many texts",
    { model: "tiny", input: Array(9).fill("a") },
    400,
    "input",
    /batch size 9 > maximum allowed batch size 8/,
  ],
  [
    "a prompt that isn't there",
    { model: "tiny", input: "a", prompt_name: "x" },
    400,
    null,
    /the model has no prompt "x"/,
  ],
  ["no JSON", "{input: 1}", 400, null, /the body should be JSON/],
  ["nothing", "", 400, null, /the body should be JSON/],
  ["a list", "[]", 400, null, /should be a JSON object, got \[\]/],
  ["no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), 400, null, /the body should be UTF-8/],
  ["JSON that is nested deep", nested, 400, null, /should be nested at most 32 deep/],
])("%s: an error in the form of OpenAI", async (_, body, status, param, message) => {
  const answer = await embeddings(body);
  expect(answer).toMatchObject({ status, body: { error: { type: "invalid_request_error", param } } });
  expect(answer.body.error.message).toMatch(message);
  expect(Object.keys(answer.body.error).sort()).toEqual(["code", "message", "param", "type"]);
});

test("a text that is too long is cut, or an error that says how long it is", async () => {
  const { embedder } = models;
  const cut = await embeddings({ model: "tiny", input: long });
  expectClose(cut.body.data[0].embedding, await embedder.encode(long, { normalizeEmbeddings: true }));
  expect(cut.body.usage.prompt_tokens).toBe(embedder.maxSeqLength);
  const refused = await ask(serverOf(models, { truncate: false }), "/v1/embeddings", {
    model: "tiny",
    input: ["a", long],
  });
  const given = embedder.tokenize(long, { truncate: false }).ids.length;
  expect(refused).toMatchObject({ status: 400, body: { error: { code: "context_length_exceeded" } } });
  expect(refused.body.error.message).toContain(
    `must have less than ${embedder.maxSeqLength + 1} tokens. Given: ${given} (input 1`,
  );
});

test("a route that isn't there, and a method that is another's", async () => {
  expect(await ask(server, "/v1/chat/completions", {})).toMatchObject({
    status: 404,
    body: { error: { type: "invalid_request_error" } },
  });
  const got = await ask(server, "/v1/embeddings");
  expect(got).toMatchObject({
    status: 405,
    body: { error: { message: "the method of /v1/embeddings should be POST, got GET" } },
  });
  expect(got.headers.get("allow")).toBe("POST");
  const put = await ask(server, "/", "{}", { method: "PUT" });
  expect(put).toMatchObject({ status: 405, body: { error: "the method of / should be GET or POST, got PUT" } });
  expect(put.headers.get("allow")).toBe("GET, POST");
});

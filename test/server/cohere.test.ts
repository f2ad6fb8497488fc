/** Cohere's routes, and its form of errors. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quantizeEmbeddings, SentenceTransformer } from "../../src/index.ts";
import { createServer, type EmbeddingServer } from "../../src/server/index.ts";
import { withFiles } from "../encode/model-folder.ts";
import { ask, decoded, expectClose, loadTinyModels, serverOf, type TinyModels, unit } from "./served.ts";

let models: TinyModels;
let server: EmbeddingServer;
beforeAll(async () => {
  models = await loadTinyModels();
  server = serverOf(models, { maxInputs: 8 });
});
afterAll(() => models[Symbol.asyncDispose]());

const texts = ["a cat", "a tree near a mat"];

describe("POST /v2/embed", () => {
  test("gives every type that is asked for", async () => {
    const embedding_types = ["float", "int8", "uint8", "binary", "ubinary", "base64"];
    const { status, body } = await ask(server, "/v2/embed", {
      ...{ model: "tiny", texts, input_type: "search_document", embedding_types },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: expect.any(String), texts, response_type: "embeddings_by_type" });
    const { float, int8, uint8, binary, ubinary, base64 } = body.embeddings;
    const expected = await models.embedder.encodeDocument(texts, { normalizeEmbeddings: true });
    for (const [index, row] of [...expected].entries()) {
      expectClose(float[index], row);
      expect(decoded(base64[index])).toEqual(float[index]);
      expect(binary[index]).toEqual([...quantizeEmbeddings(expected, "binary").row(index)]);
      expect(ubinary[index]).toEqual([...quantizeEmbeddings(expected, "ubinary").row(index)]);
      expect(Math.max(...int8[index].map(Math.abs))).toBe(127);
      expect(uint8[index]).toEqual(int8[index].map((x: number) => x + 128));
      // The direction is what was quantized.
      const cosine = unit(int8[index]).reduce((sum, x, at) => sum + x * float[index][at], 0);
      expect(cosine).toBeGreaterThan(0.9998);
    }
  });

  test("bytes of a text don't depend on the others of the request", async () => {
    const request = { model: "tiny", input_type: "clustering", embedding_types: ["int8"] };
    const together = await ask(server, "/v2/embed", { ...request, texts });
    const alone = await ask(server, "/v2/embed", { ...request, texts: [texts[1]] });
    expect(together.body.embeddings.int8[1]).toEqual(alone.body.embeddings.int8[0]);
  });

  test("input_type chooses the prompt", async () => {
    await using folder = await withFiles("bert", {
      "config_sentence_transformers.json": { prompts: { query: "where is ", document: "the ", clustering: "some " } },
    });
    await using model = await SentenceTransformer.load(folder.path, { workers: 0, onWarning: () => {} });
    const prompted = createServer([{ name: "m", model }]);
    for (const [input_type, prompt] of [
      ["search_query", "where is "],
      ["search_document", "the "],
      ["clustering", "some "],
      ["classification", ""],
      [undefined, ""],
    ] as const) {
      const { body } = await ask(prompted, "/v2/embed", { model: "m", texts: ["a cat"], input_type });
      expectClose(body.embeddings.float[0], unit(await model.encode("a cat", { prompt })));
    }
    // The other APIs choose by a prompt's name.
    const openAi = await ask(prompted, "/v1/embeddings", { model: "m", input: "a cat", input_type: "query" });
    expectClose(openAi.body.data[0].embedding, unit(await model.encodeQuery("a cat")));
    const tei = await ask(prompted, "/embed", { inputs: "a cat", prompt_name: "clustering" });
    expectClose(tei.body[0], unit(await model.encode("a cat", { prompt: "some " })));
  });

  test("output_dimension, truncate, inputs", async () => {
    const long = `a tree ${"the cat sat on a mat ".repeat(200)}`;
    const short = await ask(server, "/v2/embed", { model: "tiny", texts: ["a cat"], output_dimension: 4 });
    expectClose(short.body.embeddings.float[0], unit((await models.embedder.encode("a cat")).slice(0, 4)));
    const start = await ask(server, "/v2/embed", { model: "tiny", texts: [long], truncate: "START" });
    const left = await models.embedder.encodeTokenized([models.embedder.tokenize(long, { truncationSide: "left" })]);
    expectClose(start.body.embeddings.float[0], unit(left.row(0)));
    const none = await ask(server, "/v2/embed", { model: "tiny", texts: [long], truncate: "NONE" });
    expect(none.status).toBe(400);
    const inputs = [{ content: [{ type: "text", text: "a cat" }] }];
    const given = await ask(server, "/v2/embed", { model: "tiny", inputs });
    expectClose(given.body.embeddings.float[0], unit(await models.embedder.encode("a cat")));
  });
});

test.each(["/v2/rerank", "/v1/rerank", "/rerank"])("POST %s gives the best first", async (path) => {
  const documents = ["a tree", { text: "the cat sat on a mat" }, "where is it"];
  const plain = documents.map((each) => (typeof each === "string" ? each : each.text));
  const ranked = await models.reranker.rank("a cat", plain, { activationFn: "sigmoid" });
  const request = { model: "rank", query: "a cat", documents, top_n: 2, return_documents: true };
  const { status, body } = await ask(server, path, request);
  expect(status).toBe(200);
  expect(body.results.length).toBe(2);
  for (const [at, { index, relevance_score, document }] of body.results.entries()) {
    expect(index).toBe(ranked[at]!.corpusId);
    expect(relevance_score).toBeCloseTo(ranked[at]!.score, 5);
    expect(document.text).toBe(plain[index]);
  }
});

test.each([
  ["/v2/embed", { texts }, 400, /model is missing/],
  ["/v2/embed", { model: "none", texts }, 404, /does not exist/],
  ["/v2/embed", { model: "tiny" }, 400, /texts is missing/],
  ["/v2/embed", { model: "tiny", texts: [] }, 400, /cannot be empty/],
  ["/v2/embed", { model: "tiny", texts: [1] }, 400, /texts\[0\] should be a string/],
  ["/v2/embed", { model: "tiny", texts, input_type: "image" }, 400, /input_type should be one of/],
  ["/v2/embed", { model: "tiny", texts, embedding_types: ["float16"] }, 400, /embedding_types should be of float/],
  ["/v2/embed", { model: "tiny", texts, output_dimension: 17 }, 400, /output_dimension should be at most 16.*got 17/],
  ["/v2/embed", { model: "tiny", texts, truncate: "MIDDLE" }, 400, /one of NONE, START, END/],
  ["/v2/embed", { model: "tiny", images: ["data:"] }, 400, /the model embeds texts/],
  [
    "/v2/embed",
    { model: "tiny", inputs: [{ content: [{ type: "image_url" }] }] },
    400,
    /inputs\[0\].content should be/,
  ],
  ["/v2/embed", { model: "tiny", inputs: [null] }, 400, /inputs\[0\].content should be/],
  ["/v2/embed", { model: "tiny", texts: Array(9).fill("a") }, 400, /batch size 9/],
  ["/v2/rerank", { model: "rank", query: "a", documents: [] }, 400, /cannot be empty/],
  ["/v2/rerank", { model: "rank", query: "a", documents: [3] }, 400, /documents\[0\] should be/],
  ["/v2/rerank", { model: "rank", documents: ["a"] }, 400, /query is missing/],
  ["/v2/rerank", { model: "tiny", query: "a", documents: ["a"] }, 400, /not a cross-encoder/],
  ["/v2/chat", {}, 404, /no such route/],
])("%s %j: an error in the form of Cohere", async (path, body, status, message) => {
  const answer = await ask(server, path, body);
  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({ id: expect.any(String), message: expect.stringMatching(message) });
});

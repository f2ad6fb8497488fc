/** The routes of text-embeddings-inference, and its form of errors. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageVersion } from "../../src/common/package-version.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { createServer, type EmbeddingServer } from "../../src/server/index.ts";
import { SparseEncoder, type SparseVector } from "../../src/sparse-encoder/index.ts";
import { fixture } from "../encode/model-folder.ts";
import { ask, expectClose, loadTinyModels, serverOf, type TinyModels, unit } from "./served.ts";

let models: TinyModels;
let server: EmbeddingServer;
beforeAll(async () => {
  models = await loadTinyModels();
  server = serverOf(models, { maxInputs: 8 });
});
afterAll(() => models[Symbol.asyncDispose]());

const long = "the cat sat on a mat ".repeat(200);

describe("POST /embed", () => {
  test("gives a list of embeddings, for one text too, with where the time went", async () => {
    const { status, body, headers } = await ask(server, "/embed", { inputs: "a cat" });
    expect(status).toBe(200);
    expect(body.length).toBe(1);
    expectClose(body[0], unit(await models.embedder.encode("a cat")));
    expect(headers.get("x-compute-tokens")).toBe(String(models.embedder.countTokens("a cat")));
    expect(headers.get("x-compute-characters")).toBe("5");
    for (const name of ["x-total-time", "x-tokenization-time", "x-queue-time", "x-inference-time"]) {
      expect(headers.get(name)).toMatch(/^\d+$/);
    }
  });

  test("normalize: false, dimensions, ids", async () => {
    const { embedder } = models;
    const plain = await ask(server, "/embed", { inputs: ["a cat", "a tree"], normalize: false, truncate: true });
    expectClose(plain.body[1], await embedder.encode("a tree"));
    const cut = await ask(server, "/embed", { inputs: [[...embedder.tokenize("a cat").ids]], dimensions: 3 });
    expectClose(cut.body[0], unit((await embedder.encode("a cat")).slice(0, 3)));
  });

  test.each(["Left", "Right"] as const)("truncation_direction %s", async (direction) => {
    const text = `a tree ${long} near a tree`;
    const { body } = await ask(server, "/embed", { inputs: text, truncation_direction: direction });
    const side = direction === "Left" ? "left" : "right";
    const expected = await models.embedder.encodeTokenized([models.embedder.tokenize(text, { truncationSide: side })]);
    expectClose(body[0], unit(expected.row(0)));
  });

  test("truncate: false says how many tokens there may be and how many there are", async () => {
    const { embedder } = models;
    const { status, body } = await ask(server, "/embed", { inputs: [long], truncate: false });
    const given = embedder.tokenize(long, { truncate: false }).ids.length;
    expect(status).toBe(422);
    expect(body).toMatchObject({ error_type: "validation" });
    expect(body.error).toContain(`must have less than ${embedder.maxSeqLength + 1} tokens. Given: ${given}`);
  });

  test("/ is /embed, and /similarity by its inputs", async () => {
    expect((await ask(server, "/", { inputs: "a cat" })).body).toEqual(
      (await ask(server, "/embed", { inputs: "a cat" })).body,
    );
    const inputs = { source_sentence: "a cat", sentences: ["a cat", "a tree"] };
    const similarity = await ask(server, "/", { inputs });
    expect(similarity.body).toEqual((await ask(server, "/similarity", { inputs })).body);
  });
});

test.each([
  ["t5", [5, 45, 1], [1, 5]],
  ["qwen3-embedding", [5, 357], [357, 5]],
  ["bert", [2, 5, 3], [3, 5, 2]],
])("ids of %s have its special tokens where they belong", async (name, own, other) => {
  await using model = await SentenceTransformer.load(fixture(name), { workers: 0, onWarning: () => {} });
  const alone = createServer([{ name, model }]);
  expect((await ask(alone, "/embed", { inputs: [own] })).status).toBe(200);
  const answer = await ask(alone, "/embed", { inputs: [other] });
  expect(answer).toMatchObject({ status: 422, body: { error: expect.stringMatching(/got ids of another one/) } });
  const unknown = await ask(alone, "/embed", { inputs: [[own[0], 2 ** 30, own.at(-1)]] });
  expect(unknown).toMatchObject({ status: 422, body: { error: expect.stringMatching(/token/) } });
});

test("what a model can't do is told by its name, not by its folder", async () => {
  await using model = await SentenceTransformer.load(fixture("static"), { workers: 0, onWarning: () => {} });
  const answer = await ask(createServer([{ name: "fixed", model }]), "/embed_all", { inputs: "a" });
  expect(answer.status).toBe(422);
  expect(answer.body.error).toMatch(/^fixed has no token embeddings/);
});

test("POST /embed_all gives a vector for each token", async () => {
  const texts = ["a cat", "a cat sat on a mat"];
  const { body } = await ask(server, "/embed_all", { inputs: texts });
  const expected = await models.embedder.encode(texts, { outputValue: "token_embeddings" });
  for (const [index, matrix] of expected.entries()) {
    expect(body[index].length).toBe(matrix.count);
    for (const [token, row] of [...matrix].entries()) expectClose(body[index][token], row);
  }
});

test("POST /similarity gives the cosine of each to the first", async () => {
  const inputs = { source_sentence: "a cat", sentences: ["a cat", "a tree near a mat"] };
  const { body } = await ask(server, "/similarity", { inputs, parameters: { truncate: true, prompt_name: "query" } });
  const all = await models.embedder.encode([inputs.source_sentence, ...inputs.sentences], { promptName: "query" });
  const [source, ...others] = [...all].map(unit);
  expectClose(
    body,
    others.map((other) => other.reduce((sum, x, at) => sum + x * source![at]!, 0)),
  );
  expect(body[0]).toBeCloseTo(1, 6);
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test("POST /rerank gives the best first, with sigmoid unless raw, and texts where asked", async () => {
  const texts = ["a tree", "the cat sat on a mat", "where is it"];
  const ranked = await models.reranker.rank("a cat", texts, { activationFn: "identity" });
  const raw = await ask(server, "/rerank", { model: "rank", query: "a cat", texts, raw_scores: true });
  expect(raw.body.map(({ index }: { index: number }) => index)).toEqual(ranked.map(({ corpusId }) => corpusId));
  expectClose(
    raw.body.map(({ score }: { score: number }) => score),
    ranked.map(({ score }) => score),
  );
  const { body } = await ask(server, "/rerank", { query: "a cat", texts, return_text: true });
  expect(body[0]).toEqual({ index: ranked[0]!.corpusId, text: texts[ranked[0]!.corpusId], score: expect.any(Number) });
  expect(body[0].score).toBeCloseTo(sigmoid(ranked[0]!.score), 5);
});

test("POST /predict gives the labels, best first: a pair's, or of several", async () => {
  const pair = ["a cat", "a tree"] as const;
  const expected = await models.classifier.predictLabels(pair, { activationFn: "softmax" });
  const one = await ask(server, "/predict", { model: "judge", inputs: pair });
  expectClose(
    one.body.map(({ score }: { score: number }) => score),
    [...expected].sort((a, b) => b - a),
  );
  const best = expected.indexOf(Math.max(...expected));
  expect(one.body[0].label).toBe(models.classifier.labels[best] ?? `LABEL_${best}`);
  const several = await ask(server, "/predict", { model: "judge", inputs: [pair, ["a", "b"]] });
  expect(several.body.length).toBe(2);
  expect(several.body[0].map(({ label }: { label: string }) => label)).toEqual(
    one.body.map(({ label }: { label: string }) => label),
  );
});

test("POST /tokenize gives ids and how they are written", async () => {
  const { body } = await ask(server, "/tokenize", { inputs: ["a cat"] });
  const ids = [...models.embedder.tokenize("a cat").ids];
  expect(body[0].map(({ id }: { id: number }) => id)).toEqual(ids);
  expect(body[0][0]).toEqual({ id: ids[0], text: "[CLS]", special: true, start: null, stop: null });
  const without = await ask(server, "/tokenize", { inputs: "a cat", add_special_tokens: false });
  expect(without.body[0].map(({ id }: { id: number }) => id)).toEqual(ids.slice(1, -1));
  expect(without.body[0].map(({ text }: { text: string }) => text.replace("##", "")).join("")).toBe("acat");
});

test("POST /tokenize: special are those around a text, not those in it", async () => {
  type Token = { text: string; special: boolean };
  const texts = ["a \u{1f642} a [MASK]", "[CLS] a [SEP]"];
  const { body } = await ask(server, "/tokenize", { inputs: texts });
  const without = await ask(server, "/tokenize", { inputs: texts, add_special_tokens: false });
  for (const [index, tokens] of body.entries()) {
    expect(tokens.map(({ special }: Token) => special)).toEqual(
      tokens.map((_: Token, at: number) => at % (tokens.length - 1) === 0),
    );
    expect(without.body[index]).toEqual(tokens.slice(1, -1));
  }
  const spelt = without.body.map((tokens: Token[]) => tokens.map(({ text }) => text));
  expect(spelt).toEqual([
    ["a", "[UNK]", "a", "[MASK]"],
    ["[CLS]", "a", "[SEP]"],
  ]);
});

test("GET /info", async () => {
  const { body } = await ask(server, "/info");
  expect(body.version).toBe(packageVersion);
  expect(body).toMatchObject({
    model_id: "tiny",
    model_type: { embedding: { pooling: "mean" } },
    max_input_length: models.embedder.maxSeqLength,
    max_client_batch_size: 8,
    auto_truncate: true,
    served_models: ["tiny", "text-embedding-3-small", "rank", "judge"],
  });
  const alone = createServer([{ name: "rank", model: models.reranker }]);
  expect((await ask(alone, "/info")).body.model_type).toEqual({
    reranker: { id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } },
  });
  const ranked = await ask(alone, "/", { query: "a cat", texts: ["a", "b"] });
  expect(ranked.body.length).toBe(2);
});

test("GET /health embeds a text, and fails when the model does", async () => {
  for (const path of ["/health", "/ping"]) expect((await ask(server, path)).status).toBe(200);
  await using broken = await loadTinyModels();
  const sick = serverOf(broken);
  await broken.embedder.dispose();
  expect(await ask(sick, "/health")).toMatchObject({
    status: 503,
    body: { error: "unhealthy", error_type: "unhealthy" },
  });
  expect(await ask(sick, "/embed", { inputs: "a" })).toMatchObject({ status: 503, body: { error_type: "unhealthy" } });
});

test("GET /metrics counts, in the format of Prometheus", async () => {
  const counted = serverOf(models);
  await ask(counted, "/embed", { inputs: ["a", "b", "c"] });
  await ask(counted, "/embed", { inputs: [] });
  await ask(counted, '/no"such\\route');
  const { body, headers } = await ask(counted, "/metrics");
  expect(headers.get("content-type")).toContain("version=0.0.4");
  const lines = (body as string).trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"\\]*",?)+\})? [\d.e+-]+)$/);
  expect(lines).toEqual(
    expect.arrayContaining([
      'te_request_count{method="/embed"} 2',
      'te_request_success{method="/embed"} 1',
      'te_request_failure{err="empty"} 1',
      "te_request_input_length_count 3",
      "te_queue_size 0",
    ]),
  );
});

test.each([
  ["/embed", { inputs: [] }, 400, "empty", /`inputs` cannot be empty/],
  ["/embed", {}, 422, "validation", /inputs is missing/],
  ["/embed", { inputs: 3 }, 422, "validation", /inputs should be/],
  ["/embed", "no JSON", 422, "validation", /JSON/],
  ["/embed", { inputs: Array(9).fill("a") }, 422, "validation", /batch size 9 > maximum allowed batch size 8/],
  ["/embed", { inputs: "a", normalize: "yes" }, 422, "validation", /normalize should be a boolean/],
  ["/embed", { inputs: "a", truncation_direction: "up" }, 422, "validation", /Left or Right/],
  ["/embed", { inputs: "a", dimensions: 99 }, 422, "validation", /dimensions should be at most 16.*got 99/],
  ["/embed", { inputs: "a", prompt_name: "none" }, 422, "validation", /no prompt "none"/],
  ["/embed", { inputs: "a", model: "rank" }, 424, "backend", /model is not an embedding model/],
  ["/embed", { inputs: "a", model: "x" }, 404, "validation", /does not exist/],
  ["/similarity", { inputs: "a" }, 422, "validation", /inputs should be an object/],
  ["/similarity", { inputs: { source_sentence: "a" } }, 422, "validation", /inputs.sentences is missing/],
  ["/rerank", { query: "a", texts: [] }, 400, "empty", /`texts` cannot be empty/],
  ["/rerank", { texts: ["a"] }, 422, "validation", /query is missing/],
  ["/rerank", { model: "judge", query: "a", texts: ["a"] }, 424, "backend", /not a re-ranker/],
  ["/rerank", { model: "tiny", query: "a", texts: ["a"] }, 424, "backend", /model is not a cross-encoder/],
  ["/predict", { inputs: "a text" }, 422, "validation", /a pair of texts/],
  ["/predict", { inputs: [["a", "b", "c"]] }, 422, "validation", /a pair of texts/],
  ["/predict", { inputs: [] }, 400, "empty", /cannot be empty/],
  ["/tokenize", { inputs: [3] }, 422, "validation", /inputs\[0\] should be a string/],
  ["/nothing", {}, 404, "validation", /no such route/],
  ["/../../etc/passwd", {}, 404, "validation", /no such route/],
])("%s %j: an error in the form of text-embeddings-inference", async (path, body, status, error_type, message) => {
  const answer = await ask(server, path, body);
  expect(answer).toMatchObject({ status, body: { error_type } });
  expect(answer.body.error).toMatch(message);
});

describe("POST /embed_sparse", () => {
  let sparse: SparseEncoder;
  let router: SparseEncoder;
  let sparseServer: EmbeddingServer;
  beforeAll(async () => {
    [sparse, router] = await Promise.all(
      ["bert", "inference-free"].map((name) =>
        SparseEncoder.load(fixture(`../sparse-encoders/${name}`), { workers: 0, onWarning: () => {} }),
      ) as [Promise<SparseEncoder>, Promise<SparseEncoder>],
    );
    sparseServer = createServer([
      { name: "splade", model: sparse },
      { name: "router", model: router },
    ]);
  });
  afterAll(() => Promise.all([sparseServer.dispose(), sparse.dispose(), router.dispose()]));

  const pairsOf = ({ indices, values }: SparseVector) =>
    Array.from(indices, (index, at) => ({ index, value: expect.closeTo(values[at]!, 5) }));

  test("gives the active dimensions of each text, for one text too, and is /", async () => {
    const { status, body, headers } = await ask(sparseServer, "/embed_sparse", { inputs: ["a cat", "a tree"] });
    expect(status).toBe(200);
    expect(body).toEqual(Array.from(await sparse.encode(["a cat", "a tree"]), pairsOf));
    expect(headers.get("x-compute-tokens")).toMatch(/^[1-9]/);
    expect((await ask(sparseServer, "/", { inputs: "a cat" })).body).toEqual([pairsOf(await sparse.encode("a cat"))]);
    const ids = [...sparse.tokenize("a tree").ids];
    expect((await ask(sparseServer, "/embed_sparse", { inputs: [ids] })).body).toEqual([
      pairsOf(await sparse.encode("a tree")),
    ]);
  });

  test("takes the route of queries by their prompt", async () => {
    const answer = await ask(sparseServer, "/embed_sparse", {
      inputs: "the dog",
      model: "router",
      prompt_name: "query",
    });
    expect(answer.body).toEqual([pairsOf(await router.encodeQuery("the dog"))]);
    const document = await ask(sparseServer, "/embed_sparse", { inputs: "the dog", model: "router" });
    expect(document.body).toEqual([pairsOf(await router.encodeDocument("the dog"))]);
  });

  test("refuses texts that are too long, and models of another kind", async () => {
    const cut = await ask(sparseServer, "/embed_sparse", { inputs: long, truncate: false });
    expect([cut.status, cut.body.error]).toEqual([422, expect.stringMatching(/must have less than \d+ tokens/)]);
    const dense = await ask(sparseServer, "/embed", { inputs: "a" });
    expect(dense.body).toMatchObject({ error: "this server has no embedding model" });
    expect((await ask(server, "/embed_sparse", { inputs: "a" })).body).toMatchObject({
      error: "this server has no sparse encoder",
    });
  });

  test("is what /info and /health speak of", async () => {
    const { body } = await ask(sparseServer, "/info");
    expect(body).toMatchObject({ model_id: "splade", model_type: { embedding: { pooling: "splade" } } });
    expect((await ask(sparseServer, "/health")).status).toBe(200);
  });
});

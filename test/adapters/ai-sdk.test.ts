/** The AI SDK's own functions with models of this library. */
import { fileURLToPath } from "node:url";
import { cosineSimilarity, embed, embedMany, rerank } from "ai";
import { afterAll, describe, expect, test } from "vitest";
import { embeddingModel, rerankingModel } from "../../src/adapters/ai-sdk/index.ts";
import { CrossEncoder } from "../../src/cross-encoder/index.ts";
import { SentenceTransformer } from "../../src/index.ts";

const model = await SentenceTransformer.load(undefined, { workers: 1 });
const crossEncoder = await CrossEncoder.load(
  fileURLToPath(new URL("../fixtures/cross-encoders/bert-1", import.meta.url)),
  { workers: 1 },
);
afterAll(() => Promise.all([model.dispose(), crossEncoder.dispose()]));

const texts = ["A man is eating pasta.", "Someone has noodles for dinner.", "The train was late."];

test("embed and embedMany give the vectors of encode, and the tokens that it read", async () => {
  const adapted = embeddingModel(model);
  const { embeddings, usage, values } = await embedMany({ model: adapted, values: texts });
  const expected = await model.encode(texts);
  expect(values).toEqual(texts);
  for (const [index, row] of embeddings.entries()) expectClose(row, expected.row(index));
  expect(usage.tokens).toBe(texts.reduce((sum, text) => sum + model.countTokens(text), 0));
  expect(cosineSimilarity(embeddings[0]!, embeddings[1]!)).toBeGreaterThan(
    cosineSimilarity(embeddings[0]!, embeddings[2]!),
  );
  const { embedding } = await embed({ model: adapted, value: texts[1]! });
  expectClose(embedding, expected.row(1));
});

test("dimensions cut an embedding and give it length 1 again", async () => {
  const result = await embeddingModel(model).doEmbed({ values: [texts[0]!], dimensions: 64 });
  const [row] = result.embeddings;
  expect(row).toHaveLength(64);
  expect(Math.hypot(...row!)).toBeCloseTo(1, 5);
  expectClose(row!, await model.encode(texts[0]!, { truncateDim: 64, normalizeEmbeddings: true }));
});

test("options are the model's, or of one call by providerOptions", async () => {
  const value = texts[0]!;
  const expected = await model.encode(value, { prompt: "query: ", truncateDim: 32 });
  const once = await embed({ model: embeddingModel(model, { prompt: "query: ", truncateDim: 32 }), value });
  expectClose(once.embedding, expected);
  const providerOptions = { hpd: { prompt: "query: ", truncateDim: 32 } };
  expectClose((await embed({ model: embeddingModel(model), value, providerOptions })).embedding, expected);
  expect(() => embeddingModel(model, { chunkSize: 3 } as object)).toThrow(/no option "chunkSize"/);
  const wrong = embed({ model: embeddingModel(model), value, providerOptions: { hpd: { dim: 3 } }, maxRetries: 0 });
  await expect(wrong).rejects.toThrow(/no option "dim"/);
});

test("an abort reaches the model", async () => {
  const abortSignal = AbortSignal.abort(new Error("enough"));
  await expect(embedMany({ model: embeddingModel(model), values: texts, abortSignal })).rejects.toThrow("enough");
});

describe("rerank", () => {
  test("puts texts in the cross-encoder's order", async () => {
    const ranked = await crossEncoder.rank("noodles", texts);
    const { ranking } = await rerank({
      model: rerankingModel(crossEncoder),
      query: "noodles",
      documents: texts,
      topN: 2,
    });
    expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual(ranked.slice(0, 2).map((each) => each.corpusId));
    expect(ranking[0]!.score).toBeCloseTo(ranked[0]!.score, 6);
  });

  test("reads objects as their JSON", async () => {
    const documents = texts.map((text) => ({ text }));
    const ranked = await crossEncoder.rank(
      "noodles",
      documents.map((each) => JSON.stringify(each)),
    );
    const { ranking } = await rerank({ model: rerankingModel(crossEncoder), query: "noodles", documents });
    expect(ranking.map(({ originalIndex }) => originalIndex)).toEqual(ranked.map((each) => each.corpusId));
  });
});

function expectClose(actual: readonly number[], expected: Float32Array): void {
  expect(actual).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(Math.abs(actual[at]! - value)).toBeLessThan(1e-6);
}

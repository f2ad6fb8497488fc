/** Data of evaluators that JavaScript lets through: it would score something else. */
import { expect, test } from "vitest";
import {
  BinaryClassificationEvaluator,
  EmbeddingSimilarityEvaluator,
  evaluate,
  InformationRetrievalEvaluator,
} from "../../src/evaluation/index.ts";

const pairs = { sentences1: ["a", "b"], sentences2: ["c", "d"] };
const [queries, corpus] = [new Map([["q", "a"]]), new Map([["d", "c"]])];
const odd: readonly [string, () => unknown, string][] = [
  [
    "scores as texts",
    () => new EmbeddingSimilarityEvaluator({ ...pairs, scores: ["10", "9"] as never }),
    'scores[0] should be a finite number, got "10"',
  ],
  [
    "a score that is NaN",
    () => new EmbeddingSimilarityEvaluator({ ...pairs, scores: [1, NaN] }),
    "scores[1] should be a finite number, got NaN",
  ],
  [
    "a sentence that is none",
    () => new EmbeddingSimilarityEvaluator({ ...pairs, sentences2: ["c", 5 as never], scores: [1, 0] }),
    "sentences2[1] should be a string, got 5",
  ],
  [
    "labels that are true and false",
    () => new BinaryClassificationEvaluator({ ...pairs, labels: [true, false] as never }),
    "labels[0] should be a finite number, got true",
  ],
  [
    "a set without grades",
    () =>
      new InformationRetrievalEvaluator({ queries, corpus, relevantDocs: new Map([["q", new Set(["d"])]]) as never }),
    "such as new Map([[id, 1]]), got Set",
  ],
  [
    "objects in the place of maps",
    () => new InformationRetrievalEvaluator({ queries: { q: "a" } as never, corpus, relevantDocs: new Map() }),
    "queries should be a Map of ids to texts, got Object",
  ],
];

test.each(odd)("%s", (_, make, message) => {
  expect(make).toThrow(message);
});

test("a model in the place of its encode", async () => {
  const model = { encode: () => [] };
  await expect(evaluate(model as never, [])).rejects.toThrow("as (texts) => model.encode(texts), got Object");
});

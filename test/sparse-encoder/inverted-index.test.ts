import { describe, expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import { InvertedIndex, SparseEmbeddings, type SparseVector } from "../../src/sparse-encoder/index.ts";
import { sparseSimilarity } from "../../src/sparse-encoder/sparse-similarity.ts";

const dimension = 40;

function randomRows(count: number, seed: number): SparseEmbeddings {
  const random = new Random(seed);
  const rows = Array.from({ length: count }, (): SparseVector => {
    const indices = Uint32Array.from(
      Array.from({ length: dimension }, (_, i) => i).filter(() => random.nextFloat() < 0.2),
    );
    return { indices, values: Float32Array.from(indices, () => random.nextFloat() * 3) };
  });
  return SparseEmbeddings.fromRows(rows, dimension);
}

const corpus = randomRows(300, 1);
const queries = randomRows(7, 2);

test.each(["dot", "cosine"] as const)("finds what comparing with every document finds: %s", async (function_) => {
  const index = new InvertedIndex(corpus, { similarityFunction: function_ });
  const found = await index.search(queries, { topK: 5 });
  const all = sparseSimilarity(queries, corpus, function_);
  for (const [query, hits] of found.entries()) {
    const expected = [...all.row(query)]
      .map((score, corpusId) => ({ corpusId, score }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 5);
    expect(hits.map(({ corpusId }) => corpusId)).toEqual(expected.map(({ corpusId }) => corpusId));
    for (const [at, { score }] of hits.entries()) expect(score).toBeCloseTo(expected[at]!.score, 5);
  }
  expect(await index.search(queries.row(3), { topK: 5 })).toEqual([found[3]]);
});

test("gives all hits, those of equal score in their order, and no document that shares nothing", async () => {
  const documents = SparseEmbeddings.fromRows([at(1, 2), at(3, 1), at(1, 2), at(1, -1), at(2, 9)], dimension);
  const index = new InvertedIndex(documents);
  expect(await index.search(at(1, 1), { topK: 10 })).toEqual([
    [
      { corpusId: 0, score: 2 },
      { corpusId: 2, score: 2 },
      { corpusId: 3, score: -1 },
    ],
  ]);
  expect(await index.search(at(7, 1))).toEqual([[]]);
  expect(await new InvertedIndex(SparseEmbeddings.fromRows([], dimension)).search(at(7, 1))).toEqual([[]]);
});

test("a search stops when its signal aborts", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(new InvertedIndex(corpus).search(queries, { signal })).rejects.toThrow("enough");
});

describe("is refused:", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["one embedding as a corpus", () => new InvertedIndex(at(1, 1) as never), /should be made of SparseEmbeddings/],
    ["euclidean", () => new InvertedIndex(corpus, { similarityFunction: "euclidean" as never }), /dot, cosine/],
    ["another dimension", () => new InvertedIndex(corpus).search(SparseEmbeddings.fromRows([at(1, 1)], 3)), /3 and 40/],
    ["no hits", () => new InvertedIndex(corpus).search(queries, { topK: 0 }), /topK should be a positive integer/],
    [
      "an array of embeddings",
      () => new InvertedIndex(corpus).search([at(1, 1)] as never),
      /SparseEmbeddings\.fromRows/,
    ],
    ["a value beyond float32", () => fromRow([1], [1e39]), /values should be finite, got 1e\+39/],
    ["a text", () => fromRow([1], ["1" as never]), /values should be finite, got "1"/],
    ["dense numbers", () => SparseEmbeddings.fromRows([[1, 2] as never], 3), /row 0 should have indices and as many/],
    [
      "an index twice",
      () => fromRow([1, 1], [1, 1]),
      /indices should be ascending integers from 0 to 39, got 1 after 1/,
    ],
    ["an index too many", () => fromRow([40], [1]), /from 0 to 39, got 40 after -1/],
    ["too few values", () => fromRow([1, 2], [1]), /row 0 should have indices and as many values/],
    ["a value that is no number", () => fromRow([1], [Number.NaN]), /row 0: values should be finite, got NaN/],
    [
      "half a dimension",
      () => SparseEmbeddings.fromRows([], 1.5),
      /dimension should be a non-negative integer, got 1.5/,
    ],
    ["a row that isn't there", () => corpus.row(300), /row 300 of 300 embeddings does not exist/],
  ])("%s", async (_, call, message) => {
    await expect((async () => call())()).rejects.toThrow(message);
  });
});

test("all dimensions of rows, and rows of plain arrays", () => {
  const rows = SparseEmbeddings.fromRows([at(1, 2), { indices: [0, 2], values: [3, 4] }], 3);
  expect([...rows.toDense().data]).toEqual([0, 2, 0, 3, 0, 4]);
  expect([...rows]).toEqual([at(1, 2), { indices: Uint32Array.of(0, 2), values: Float32Array.of(3, 4) }]);
});

function at(index: number, value: number): SparseVector {
  return { indices: Uint32Array.of(index), values: Float32Array.of(value) };
}

function fromRow(indices: number[], values: number[]): SparseEmbeddings {
  return SparseEmbeddings.fromRows([{ indices, values }], dimension);
}

/** Paraphrase mining beyond one block of queries. */
import { expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import type { ParaphrasePair } from "../../src/search/best-pairs.ts";
import { paraphraseMining, semanticSearch } from "../../src/search/index.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

test("texts of the second block find their pair", async () => {
  // 2,048 texts are searched at a time: the last 100 are twins of the 100 before them.
  const [others, twins, dimension] = [2100, 100, 8];
  const random = new Random(1);
  const data = new Float32Array((others + 2 * twins) * dimension);
  for (let at = 0; at < (others + twins) * dimension; at++) data[at] = random.normal();
  data.copyWithin((others + twins) * dimension, others * dimension, (others + twins) * dimension);
  const embeddings = new Embeddings(data, others + 2 * twins, dimension);
  const pairs = await paraphraseMining(embeddings, { maxPairs: twins, topK: 1 });
  expect(pairs.map(({ first }) => first).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: twins }, (_, index) => others + index),
  );
  for (const { first, second, score } of pairs) {
    expect(second - first).toBe(twins);
    expect(score).toBeCloseTo(1, 5);
  }
});

test.each(["cosine", "dot", "euclidean", "manhattan"] as const)(
  "%s: pairs beyond the first block are those of search, equal scores in order, and few are the best of many",
  async (similarityFunction) => {
    const [count, dimension, topK] = [2300, 4, 4];
    const random = new Random(2);
    const data = Float32Array.from({ length: count * dimension }, () => random.nextInteger(7) - 3);
    const embeddings = new Embeddings(data, count, dimension);
    const hits = await semanticSearch(embeddings, embeddings, { topK: topK + 1, similarityFunction });
    const expected = new Map<string, ParaphrasePair>();
    for (const [text, found] of hits.entries()) {
      const others = found.filter(({ corpusId }) => corpusId !== text).slice(0, topK);
      for (const { corpusId, score } of others) {
        const [first, second] = [Math.min(text, corpusId), Math.max(text, corpusId)];
        expected.set(`${first} ${second}`, { score, first, second });
      }
    }
    const inOrder = [...expected.values()].sort(
      (a, b) => b.score - a.score || a.first - b.first || a.second - b.second,
    );
    const options = { topK, similarityFunction };
    expect(await paraphraseMining(embeddings, options)).toEqual(inOrder);
    for (const maxPairs of [1, 50, 3000]) {
      expect(await paraphraseMining(embeddings, { ...options, maxPairs })).toEqual(inOrder.slice(0, maxPairs));
    }
  },
);

/** Paraphrase mining beyond one block of queries. */
import { expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import { paraphraseMining } from "../../src/search/index.ts";
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

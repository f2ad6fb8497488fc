/** Maximal marginal relevance: against numpy (tools/gold/quantized-search.py), and what it refuses. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { maximalMarginalRelevance } from "../../src/search/maximal-marginal-relevance.ts";
import { semanticSearch } from "../../src/search/semantic-search.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";

interface Gold {
  query: number[];
  candidates: number[][];
  reranked: { lambda: number; topK: number; chosen: [number, number][] }[];
}

const gold: Gold = JSON.parse(readFileSync(new URL("../gold/search/mmr.json", import.meta.url), "utf8"));
const query = Float32Array.from(gold.query);
const candidates = Embeddings.fromRows(gold.candidates);

test.each(gold.reranked)("lambda $lambda chooses what numpy chooses", ({ lambda, topK, chosen }) => {
  const hits = maximalMarginalRelevance(query, candidates, { lambda, topK });
  expect(hits.map(({ corpusId }) => corpusId)).toEqual(chosen.map(([position]) => position));
  for (const [place, [, score]] of chosen.entries()) expect(hits[place]!.score).toBeCloseTo(score, 5);
});

describe("laws", () => {
  test("with lambda 1 it is search", async () => {
    const [hits] = await semanticSearch(query, candidates, { topK: 30 });
    expect(maximalMarginalRelevance(query, candidates, { lambda: 1, topK: 30 })).toEqual(hits);
  });

  test("none is chosen twice, equal ones and more than there are included", () => {
    const equal = Embeddings.fromRows([
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 0],
    ]);
    const hits = maximalMarginalRelevance(Float32Array.of(1, 0), equal, { topK: 9 });
    expect(hits.map(({ corpusId }) => corpusId)).toEqual([0, 1, 2, 3]);
    expect(maximalMarginalRelevance(query, Embeddings.fromRows([]))).toEqual([]);
  });

  test("other similarities work as well", () => {
    const line = Embeddings.fromRows([[0], [0.1], [5], [-4]]);
    const hits = maximalMarginalRelevance(Float32Array.of(0), line, {
      topK: 3,
      lambda: 0.3,
      similarityFunction: "euclidean",
    });
    expect(hits.map(({ corpusId }) => corpusId)).toEqual([0, 2, 3]);
  });
});

test("odd arguments are refused", () => {
  const refused = (message: RegExp, ...parameters: Parameters<typeof maximalMarginalRelevance>) =>
    expect(() => maximalMarginalRelevance(...parameters)).toThrow(message);
  refused(/lambda should be a number from 0 to 1, got 2/, query, candidates, { lambda: 2 });
  refused(/lambda/, query, candidates, { lambda: Number.NaN });
  refused(/topK/, query, candidates, { topK: 0 });
  refused(/query should be a single embedding, got 30/, candidates, candidates);
  refused(/dimension 1 and 12/, Float32Array.of(1), candidates);
  refused(
    /not finite/,
    query.map(() => Number.NaN),
    candidates,
  );
});
